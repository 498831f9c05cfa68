"""Going to a message or a day, and from there both ways."""

import re
from datetime import UTC, datetime

import pytest

from parlour.database import run
from parlour.testing import Page
from rooms.consumers import RoomConsumer
from rooms.models import Message
from tests.parlour.messages import add, edit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hundred(lobby):
    """A hundred messages, “n 1.” to “n 100.”."""
    return add(lobby, *(f"n {number}." for number in range(1, 101)))


def shown(page):
    """The numbers of the messages in this markup, from top to bottom."""
    return [int(number) for number in re.findall(r"n (\d+)\.", page)]


def link(page, words):
    """The address and the htmx address of the link with these words."""
    found = re.search(rf'<a [^>]*href="([^"]+)"(?: hx-get="([^"]+)")?[^>]*>{words}</a>', page)
    return (found[1], (found[2] or "").replace("&amp;", "&")) if found else ()


def test_a_page_around_a_message_shows_what_was_posted_before_and_after_it(ann, lobby, hundred, client):
    address = hundred[49].get_absolute_url()
    assert address == f"/rooms/lobby/?at={hundred[49].pk}#room-lobby-{hundred[49].pk}"
    page = client.get(address).content.decode()
    assert shown(page) == [*range(25, 76)]
    assert "Back to the newest" in page
    assert shown(client.get(f"/rooms/lobby/?at={hundred[98].pk}").content.decode()) == [*range(74, 101)]
    page = client.get(f"/rooms/lobby/?at={hundred[75].pk}").content.decode()
    assert "pl-gap" not in page
    assert page.count('<li id="room-lobby-') == 50


def test_its_earlier_and_later_messages_follow_until_no_gap_is_left(lobby, hundred, client):
    page = client.get(f"/rooms/lobby/?at={hundred[29].pk}").content.decode()
    assert shown(page) == [*range(5, 56)]
    plain, live = link(page, "Later messages")
    assert plain == f"?at={hundred[54].pk}#room-lobby-{hundred[54].pk}"
    assert shown(client.get(f"/rooms/lobby/{plain}").content.decode()) == [*range(30, 81)]
    add(lobby, "n 101.")
    page = client.get(live).content.decode()
    assert shown(page) == [*range(56, 101)], "what came since comes by the socket"
    assert "New messages appear below." in page
    earlier = re.search(
        r'hx-get="([^"]+older[^"]+)"', client.get(f"/rooms/lobby/?at={hundred[29].pk}").content.decode()
    )
    assert shown(client.get(earlier[1]).content.decode()) == [1, 2, 3, 4]


async def test_a_page_around_an_old_message_hears_what_is_edited_and_what_is_new(ann, lobby, client):
    rows = await run(add, lobby, *(f"n {number}." for number in range(1, 101)))

    class Old(RoomConsumer):
        @classmethod
        def authorize(cls, person, slug):
            region = super().authorize(person, slug)
            region.log.around = rows[29].seq
            return region

    async with Page(Old, ann, slug="lobby") as page:
        await run(edit, rows[29], "n 3000.")
        await page.shows("n 3000.")
        await run(add, lobby, "n 101.")
        await page.shows("n 101.")
        assert shown(page.document.part("room-lobby-log")) == [*range(5, 30), 3000, *range(31, 56), 101]


@pytest.mark.parametrize("wrong", ["{elsewhere}", "999999", "x", "-1", "٣", "9" * 30])
def test_a_message_of_another_room_or_of_none_is_not_found_in_words(lobby, team, hundred, client, wrong):
    [elsewhere] = add(team, "secret")
    answer = client.get("/rooms/lobby/", {"at": wrong.format(elsewhere=elsewhere.pk)})
    assert answer.status_code == 404
    assert "There is no such message in this room." in answer.content.decode()


def test_who_may_not_read_a_room_learns_nothing_of_its_messages(team, ben, client):
    [row] = add(team, "secret")
    client.force_login(ben)
    for pk in (row.pk, 999999):
        answer = client.get("/rooms/team/", {"at": pk})
        assert answer.status_code == 404
        assert "There is no such room, or only its members can read it." in answer.content.decode()
    assert client.get("/rooms/team/later/?since=0&upto=99").status_code == 404
    assert client.get("/rooms/team/?on=2026-03-01").status_code == 404


def test_a_day_leads_to_its_first_message_where_it_is_read(ann, lobby, client):
    ann.time_zone = "Pacific/Auckland"
    ann.save()
    client.force_login(ann)
    rows = add(lobby, "n 1.", "n 2.", "n 3.")
    days = [
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        datetime(2026, 3, 1, 12, tzinfo=UTC),
        datetime(2026, 3, 5, tzinfo=UTC),
    ]
    for row, created in zip(rows, days, strict=True):
        Message.objects.filter(pk=row.pk).update(created=created)
    leads = {"2026-02-01": 0, "2026-03-01": 0, "2026-03-02": 1, "2026-03-03": 2}
    for day, n in leads.items():
        assert client.get("/rooms/lobby/", {"on": day}).url == rows[n].get_absolute_url()
    for day in ("2026-03-06", "0001-01-01", "9999-12-31", "soon", "2026-02-30", ""):
        assert client.get("/rooms/lobby/", {"on": day}).url in ("/rooms/lobby/", rows[0].get_absolute_url())
    page = client.get("/rooms/lobby/", {"on": "<someday>"}, follow=True).content.decode()
    assert "“&lt;someday&gt;” is no day, so you see the newest messages." in page
