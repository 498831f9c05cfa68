"""Reactions: each person once of each kind, on every page at once, and named only to those who ask."""

import re

import pytest

from parlour.database import run
from parlour.testing import Page
from rooms.actions import ActionRefused
from rooms.consumers import RoomConsumer
from rooms.models import Room
from rooms.moderation import remove
from rooms.reactions import ENOUGH, KINDS, MOST, react
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import say

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def tea(ann, lobby):
    return say(ann, lobby, "Tea?")


def reacts(client, message, kind="👍", room="lobby"):
    return client.post(f"/rooms/{room}/actions/", {"react": f"{message.pk} {kind}"}, headers=HTMX)


def counted(markup):
    """How often each kind is counted in a page, and by whom."""
    found = re.findall(r'<span data-by="([^"]*)"[^>]*><button[^>]*>(\S+)</button>(\d+)</span>', markup)
    return {kind: (by.split(), int(n)) for by, kind, n in found}


def test_a_reaction_is_counted_once_for_each_person_and_taken_back_by_the_same_button(ann, ben, lobby, tea, client):
    for person, kind in ((ann, "👍"), (ben, "👍"), (ben, "🎉")):
        client.force_login(person)
        assert reacts(client, tea, kind).status_code == 200
    both = [str(ann.pk), str(ben.pk)]
    assert counted(client.get("/rooms/lobby/").content.decode()) == {"👍": (both, 2), "🎉": (both[1:], 1)}
    for kind in ("👍", "🎉"):
        reacts(client, tea, kind)
    assert counted(client.get("/rooms/lobby/").content.decode()) == {"👍": (both[:1], 1)}
    client.force_login(ann)
    reacts(client, tea)
    tea.refresh_from_db()
    assert tea.reactions is None


async def test_it_is_on_every_page_at_once_and_on_those_that_come_back(ann, ben, lobby, tea):
    async with RecordingPage(ann) as page, RecordingPage(ben) as other:
        await other.cut()
        await run(react, ben, tea.pk, "❤️")
        await page.until(lambda: counted("".join(page.frames)) == {"❤️": ([str(ben.pk)], 1)}, "the reaction")
        await other.resume()
        for each in (page, other):
            assert await each.equals_fresh()


def test_the_menu_names_who_reacted_and_offers_every_kind(ann, ben, lobby, tea, client):
    react(ann, tea.pk, "👍")
    react(ben, tea.pk, "👍")
    client.force_login(ben)
    menu = client.get(f"/rooms/lobby/actions/{tea.pk}/").content.decode()
    assert re.findall(r"<bdi>(\w+)</bdi>", menu.partition("About")[0]) == ["Ann", "Ben"]
    assert re.findall(r'value="\d+ (\S+)"', menu) == list(KINDS)
    assert "Ben" not in client.get("/rooms/lobby/").content.decode().partition("pl-reactions")[2].partition("</li>")[0]


@pytest.mark.parametrize("kind", ["", "👎", "👍 👍", "<b>", "like"])
def test_only_what_is_offered_can_be_a_reaction(ann, lobby, tea, client, kind):
    client.force_login(ann)
    assert "There is no such reaction." in reacts(client, tea, kind).content.decode()
    tea.refresh_from_db()
    assert tea.reactions is None


def test_who_may_not_write_may_not_react(ann, gus, lobby, tea, team, client):
    Room.objects.filter(pk=lobby.pk).update(guests=Room.Guests.READ)
    client.force_login(gus)
    reacts(client, tea)
    assert reacts(client, say(ann, team, "secret"), room="team").status_code in (403, 404)
    assert reacts(client, say(ann, team, "secret")).status_code == 404
    client.logout()
    reacts(client, tea)
    tea.refresh_from_db()
    assert tea.reactions is None


def test_a_message_counts_so_many_people_and_no_more_but_each_may_still_go(ann, lobby, tea, client):
    tea.reactions = {"👍": [str(10_000 + n) for n in range(MOST - 1)] + [str(ann.pk)]}
    tea.save()
    client.force_login(ann)
    reacts(client, tea)
    reacts(client, tea)
    tea.refresh_from_db()
    assert len(tea.reactions["👍"]) == MOST
    tea.reactions["👍"].remove(str(ann.pk))
    tea.reactions["👍"].append("99999")
    tea.save()
    assert str(ENOUGH) in reacts(client, tea).content.decode()


def test_what_is_deleted_has_none_and_gets_none(ann, ben, lobby, tea, client):
    react(ann, tea.pk, "👍")
    remove([tea.pk])
    client.force_login(ben)
    assert "cannot be done" in reacts(client, tea).content.decode()
    with pytest.raises(ActionRefused):
        react(ben, tea.pk, "👍")
    assert counted(client.get("/rooms/lobby/").content.decode()) == {}


def test_each_readers_own_style_sheet_says_which_reactions_are_theirs(ann, client):
    sheet = client.get(f"/rooms/mine/{ann.pk}.css").content.decode()
    assert f'.pl-reactions [data-by~="{ann.pk}"]' in sheet


async def test_a_reaction_makes_nobody_listen_to_an_announcement(ann, ben, lobby, tea):
    async with Page(RoomConsumer, ann, slug="lobby") as page:
        await run(react, ben, tea.pk, "🎉")
        await page.receives("🎉")
        assert not page.document.part("room-lobby-announce")
