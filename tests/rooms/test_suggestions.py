"""Suggestions: names that complete a mention, of those near the room whom its writer may mention."""

import pytest
from django.contrib.auth import get_user_model

from parlour import Lease
from rooms.models import Membership
from rooms.suggestions import completed, suggested
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(ben, lobby):
    """People who begin alike: of them one wrote in the lobby, one is a member, and one was never there."""
    make = get_user_model().objects.create_user
    writer, member, stranger = (make(name, display_name=name.title()) for name in ("benedict", "benita", "benno"))
    say(writer, lobby, "I was here.")
    Membership.objects.create(room=lobby, person=member)
    say(ben, lobby, "And I.")
    return writer, member, stranger


def test_those_are_suggested_who_are_near_and_whose_name_begins_so(ann, ben, people, lobby):
    assert set(suggested(ann, lobby, "what says @be")) == {"Ben", "Benedict", "Benita"}
    assert suggested(ann, lobby, "what says @BENEDI") == ["Benedict"]
    assert "Ben" not in suggested(ben, lobby, "@be")
    for text in ("@", "be", "@be ", "a@be@", "@zz", "me@example"):
        assert suggested(ann, lobby, text) == []


def test_who_is_in_the_room_is_suggested_as_long_as_they_may_read_it(ann, ben, team, gus, lobby):
    Lease.objects.create(name=lobby.people, holder=str(gus.pk), expires="2100-01-01T00:00Z")
    assert suggested(ann, lobby, "@gu") == ["Gus"]
    say(ben, lobby, "here I was")
    assert suggested(ann, lobby, "@be") == ["Ben"]
    assert suggested(ann, team, "@be") == []
    team.members.add(ben)
    assert suggested(ann, team, "@be") == ["Ben"]


def test_a_name_that_two_bear_is_completed_by_what_one_signs_in_with_and_each_script_is_found(ann, lobby):
    for name, shown in (("chris1", "Chris"), ("chris2", "Chris"), ("oez", "Özlem"), ("yuki", "雪子")):
        person = get_user_model().objects.create_user(name, display_name=shown)
        Membership.objects.create(room=lobby, person=person)
    assert set(suggested(ann, lobby, "@chr")) == {"chris1", "chris2"}
    assert suggested(ann, lobby, "@öz") == ["Özlem"]
    assert suggested(ann, lobby, "@雪") == ["雪子"]


def test_groups_are_suggested_to_who_manages_the_room(ann, ben, lobby):
    assert suggested(ann, lobby, "@ever") == ["everyone"]
    assert suggested(ann, lobby, "@he") == ["here"]
    assert suggested(ben, lobby, "@ever") == []


def test_what_was_chosen_completes_what_stands_in_the_box_and_the_box_stays_what_it_is(ann, lobby, client):
    assert completed("hello @be", "Ben") == "hello @Ben "
    assert completed("hello @be, what", "Ben") == "hello @be, what"
    address = "/rooms/lobby/lines/"
    answer = client.post(
        address, {"text": ["hi @b", "waits"], "mention": "Ben"}, headers={"HX-Trigger": "room-lobby-caret-1"}
    )
    assert '<input name="text" id="room-lobby-caret-1"' in answer.content.decode()
    assert 'value="hi @Ben "' in answer.content.decode()
    assert "several_lines" not in answer.cookies
    several = client.post(address, {"text": "one\ntwo @b", "mention": "Ben"}).content.decode()
    assert "one\ntwo @Ben </textarea>" in several
    client.cookies["several_lines"] = "1"
    assert "@Ben </textarea>" in client.post(address, {"text": "@b", "mention": "Ben"}).content.decode()


async def test_a_page_is_shown_them_while_its_writer_pauses_and_no_other_page(ann, ben, lobby):
    async with RecordingPage(ann) as here, RecordingPage(ben) as there:
        await here.shows("Ben")
        await here.send(kind="draft", text="hello @b")
        await here.receives('{"mention":"Ben"}')
        await here.send(kind="draft", text="hello @b and")
        await here.until(lambda: 'suggestions"></div>' in here.frames[-1].replace("\n", ""))
        assert not any("mention" in frame for frame in there.frames)


def test_a_sign_that_no_name_has_is_not_looked_up(ann, lobby, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert suggested(ann, lobby, "@be\0") == []
