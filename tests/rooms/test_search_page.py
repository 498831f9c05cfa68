"""The page on which messages are searched."""

import re

import pytest

from rooms.models import Message, Room
from tests.rooms.parsed import Seen
from tests.rooms.posts import say

pytestmark = pytest.mark.django_db(transaction=True)


def found(client, **fields):
    return client.get("/search/", fields).content.decode()


@pytest.fixture
def reader(ben, client):
    client.force_login(ben)
    return client


def test_a_plain_form_finds_what_its_reader_may_read_with_a_link_to_the_message(ann, lobby, team, reader):
    row, _ = say(ann, lobby, "the <i>fox</i>"), say(ann, team, "the fox of the team")
    page = found(reader, q="fox")
    assert "&lt;i&gt;<mark>fox</mark>&lt;/i&gt;" in page
    assert row.get_absolute_url().replace("&", "&amp;") in page
    assert "of the team" not in page


def test_one_room_is_searched_where_it_is_chosen_and_a_room_of_others_is_not_there(ann, lobby, team, reader):
    other = Room.objects.create(title="Other", owner=ann)
    say(ann, lobby, "the fox of the lobby")
    say(ann, other, "the fox of others")
    page = found(reader, q="fox", room="other")
    assert "of others" in page
    assert "of the lobby" not in page
    for slug in ("team", "no-such-room", "NO"):
        assert reader.get("/search/", {"q": "fox", "room": slug}).status_code == 404


def test_whoever_is_not_signed_in_searches_open_rooms(ann, lobby, team, client):
    say(ann, lobby, "the fox of the lobby")
    say(ann, team, "the fox of the team")
    page = found(client, q="fox")
    assert "of the lobby" in page
    assert "of the team" not in page


def test_days_are_those_of_the_readers_zone(ann, ben, lobby, reader):
    ben.time_zone = "Pacific/Auckland"
    ben.save()
    row = say(ann, lobby, "the fox")
    Message.objects.filter(pk=row.pk).update(created="2026-03-01T12:30:00Z")  # there it is the 2nd
    assert "<mark>" in found(reader, q="fox", since="2026-03-02", until="2026-03-02")
    assert "<mark>" not in found(reader, q="fox", until="2026-03-01")
    assert "<mark>" not in found(reader, q="fox", since="2026-03-03")


def test_days_at_the_ends_of_the_calendar_are_no_fault(ann, ben, lobby, reader):
    say(ann, lobby, "the fox")
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        ben.time_zone = zone
        ben.save()
        assert "<mark>" in found(reader, q="fox", since="0001-01-01", until="9999-12-31")


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(lobby, reader):
    answer = reader.get("/search/", {"q": "the fox", "since": "soon", "by": "Ann"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="soon"' in page
    assert 'value="the fox"' in page
    assert '<details class="narrower" open>' in page


def test_as_one_types_the_address_holds_what_is_searched_for_and_nothing_else(lobby, reader):
    answer = reader.get("/search/", {"q": "the fox", "since": "", "by": ""}, headers={"HX-Request": "true"})
    assert answer["HX-Replace-Url"] == "/search/?q=the+fox"
    answer = reader.get("/search/", {"q": "fox", "since": "soon"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'class="form-errors"' in answer.content.decode()


def test_earlier_messages_follow_on_the_next_page_and_none_twice(ann, lobby, reader):
    for number in range(45):
        say(ann, lobby, f"fox number{number}")
    numbers, page = [], found(reader, q="fox")
    while True:
        numbers += re.findall(r"<mark>fox</mark> number(\d+)", page)
        earlier = [link for link in Seen(page).links if link.startswith("/search/?") and "before=" in link]
        if not earlier:
            break
        page = reader.get(earlier[0]).content.decode()
    assert numbers == [str(number) for number in reversed(range(45))]


def test_whoever_searches_without_end_is_asked_to_wait(lobby, reader, monkeypatch):
    monkeypatch.setattr("chat.search.RATE", "0.001/3")
    answers = [reader.get("/search/", {"q": "fox"}).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 422]


def test_a_page_of_results_takes_few_queries(ann, lobby, reader, django_assert_max_num_queries):
    for number in range(20):
        say(ann, lobby, f"fox {number}")
    with django_assert_max_num_queries(12):
        found(reader, q="fox")
