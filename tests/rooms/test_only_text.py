"""Attacks in names, titles and texts, wherever they are sent: a page has the same elements as with plain words.

What becomes of all forty as Markdown is in `test_markup.py`; a template escapes any of them or none.
"""

import pytest
from django.contrib.auth import get_user_model

from e2e.support.payloads import ALL as PAYLOADS
from parlour.presence import record
from parlour.streams import Ask, Variant
from rooms import typing_indicator
from rooms.models import Room
from rooms.permissions import rights
from rooms.streams import RoomRegion
from tests.parlour.messages import add
from tests.parlour.recording_page import Silent
from tests.rooms.parsed import Seen

PLAIN = "plain words"
FEW = [
    next(each for each in PAYLOADS if each.startswith(start)) for start in ('">', "'>", "</title>", "<b hx-get", "{{")
]
FEW = [
    next(each for each in PAYLOADS if each.startswith(start)) for start in ('">', "'>", "</title>", "<b hx-get", "{{")
]
OURS = {"ol", "li", "img", "p", "bdi", "time", "div", "input", "span", "h2", "a", "strong", "em", "i", "br"}


@pytest.fixture
def named(db):
    """named(name) is a person who bears it, with no form in between."""

    def make(name):
        return get_user_model().objects.create_user(f"user{get_user_model().objects.count()}", display_name=name[:60])

    return make


def answer(stream, cursor):
    ask = Ask(cursor, Variant("en", "UTC"), stream.heads)
    return stream.answer([ask]).fragments[ask]


def everywhere(person, room):
    """The list of people, a line of joining, somebody typing, a message with its heading and announcement."""
    region, seat = RoomRegion(room, rights(person, room)), (room.people, str(person.pk))
    add(room, "hello", author=person)
    record("process", {seat}, set())
    typing_indicator._typing.clear()
    asks = [answer(stream, 0) for stream in region.streams]
    record("process", set(), {seat})
    return "".join(asks) + answer(region.people, 1) + typing_indicator.start(region, person)


@pytest.mark.django_db(transaction=True)
def test_a_name_is_text_wherever_it_is_shown(named, ann):
    def seen(name):
        room = Room.objects.create(title="Twin", owner=ann)
        markup = everywhere(named(name), room)
        room.delete()
        return Seen(markup)

    plain = seen(PLAIN)
    assert plain.text.count(PLAIN) == 5
    for payload in FEW:
        attacked = seen(payload)
        assert attacked.elements == plain.elements
        assert attacked.text.count(" ".join(payload[:60].split())) == 5


@pytest.mark.django_db
def test_a_title_is_text_on_every_page(ann, client):
    client.force_login(ann)

    def pages(title):
        room = Room.objects.create(title=title[:80], about=title[:200], owner=ann)
        paths = ["/", *(f"/rooms/{room.slug}/{page}" for page in ("", "settings/", "members/", "delete/"))]
        seen = [Seen(client.get(path).content.decode()) for path in paths]
        room.delete()
        return seen

    plain = pages(PLAIN)
    for payload in FEW:
        for attacked, other in zip(pages(payload), plain, strict=True):
            assert attacked.elements == other.elements
            assert " ".join(payload[:80].split()) in attacked.text


@pytest.mark.django_db(transaction=True)
def test_a_refused_text_comes_back_as_text(ann, lobby, client, post_rate):
    """Too long, so that it comes back; through the plain form, whose answer is a whole page."""
    client.force_login(ann)

    def back(text):
        return Seen(client.post("/rooms/lobby/messages/", {"text": text * 2 + "x" * 4000}).content.decode())

    plain = back(PLAIN)
    for payload in FEW:
        attacked = back(payload)
        assert attacked.elements == plain.elements
        assert payload * 2 in "".join(attacked.words)


@pytest.mark.django_db(transaction=True)
async def test_a_refusal_at_an_address_nobody_made_says_nothing_of_it(ann, lobby):
    for slug in ('x"><img src=x onerror=alert(1)>', "a\nb", "../team", "a" * 300):
        page = Silent(ann, slug)
        page.session, page.region = "", RoomRegion(lobby, rights(ann, lobby))
        await page.open()
        await page.ends(4004)
        assert page.events[0] == "websocket.accept"
        assert [element[0] for element in Seen("".join(page.frames)).elements] == ["div", "p", "a"]
        await page.cut()
