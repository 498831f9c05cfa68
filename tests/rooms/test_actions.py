"""What can be done with a message: who is offered what, one address for all of it, with script and without."""

import pytest
from django.test import Client

from rooms import actions
from rooms.actions import ActionRefused, Form, action
from rooms.models import Room
from tests.rooms.posts import say

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
ADDRESS = "/rooms/lobby/actions/"


@pytest.fixture(autouse=True)
def some_actions(monkeypatch):
    """Three that do nothing but answer."""
    monkeypatch.setattr(actions, "_actions", {})

    @action("praise")
    def praise(person, room, rights, message, value):
        return f"{message.text} is praised <b> {value}"

    def is_own(person, room, rights, message):
        return message.author_id == person.pk

    @action("own", is_own)
    def own(person, room, rights, message, value):
        return Form("parlour_rooms/room.html#title", {"room": {"title": "A form"}})

    @action("never")
    def never(person, room, rights, message, value):
        raise ActionRefused("It is too late.")


@pytest.fixture
def line(ann, lobby):
    return say(ann, lobby, "Good evening")


@pytest.fixture
def as_ben(ben):
    client = Client()
    client.force_login(ben)
    return client


def test_one_pair_says_what_is_done_with_which_message(as_ben, line):
    words = as_ben.post(ADDRESS, {"praise": f"{line.pk} very much", "value": "and more"}, headers=HTMX).content.decode()
    assert "Good evening is praised &lt;b&gt; very much and more" in words
    assert 'hx-swap-oob="innerHTML:#room-lobby-said"' in words


def test_without_script_it_leads_back_to_the_line_and_says_what_came_of_it(as_ben, line):
    answer = as_ben.post(ADDRESS, {"praise": line.pk})
    assert answer.url == f"/rooms/lobby/?at={line.pk}#room-lobby-{line.pk}"
    assert "Good evening is praised" in as_ben.get(answer.url).content.decode()
    refused = as_ben.post(ADDRESS, {"never": line.pk}, follow=True)
    assert "It is too late." in refused.content.decode()


def test_a_form_goes_into_the_slot_and_without_script_onto_the_page(client, ann, line):
    client.force_login(ann)
    assert 'innerHTML:#room-lobby-slot"><h1' in client.post(ADDRESS, {"own": line.pk}, headers=HTMX).content.decode()
    page = client.post(ADDRESS, {"own": line.pk})
    assert page.status_code == 200
    assert "A form" in page.content.decode().partition('id="room-lobby-slot"')[2].partition("</div>")[0]


def test_what_is_not_offered_is_not_done(as_ben, line):
    assert "cannot be done" in as_ben.post(ADDRESS, {"own": line.pk}, headers=HTMX).content.decode()
    assert "cannot be done" in Client().post(ADDRESS, {"praise": line.pk}, headers=HTMX).content.decode()


def test_whoever_does_much_at_once_is_asked_to_wait(as_ben, line, monkeypatch):
    monkeypatch.setattr(actions, "RATE", "0.001/2")
    said = [as_ben.post(ADDRESS, {"praise": line.pk}, headers=HTMX).content.decode() for _ in range(3)]
    assert ["praised" in each for each in said] == [True, True, False]
    assert "Wait a moment" in said[2]


def test_another_rooms_message_and_what_is_none_are_not_found(as_ben, ann, line):
    hidden = Room.objects.create(title="Hidden", owner=ann, access=Room.Access.MEMBERS)
    hidden.members.add(ann)
    secret = say(ann, hidden, "secret")
    for pair in ({"praise": secret.pk}, {"praise": "x"}, {"praise": ""}, {"praise": "9" * 30}, {"other": line.pk}, {}):
        assert as_ben.post(ADDRESS, pair).status_code == 404, pair
    assert as_ben.get(f"{ADDRESS}{secret.pk}/").status_code == 404
    assert as_ben.get(f"/rooms/hidden/actions/{secret.pk}/").status_code == 404
    assert as_ben.post("/rooms/hidden/actions/", {"praise": secret.pk}, headers=HTMX).status_code == 403


def test_a_page_that_shows_an_answer_can_be_loaded_again(as_ben, line):
    assert as_ben.get(f"{ADDRESS}?at={line.pk}").url == f"/rooms/lobby/?at={line.pk}"


def test_every_line_leads_to_itself_and_has_a_menu_that_is_alike_for_all(as_ben, line):
    page = as_ben.get("/rooms/lobby/").content.decode()
    assert f'<a href="?at={line.pk}#room-lobby-{line.pk}"><time' in page
    assert f'popovertarget="room-lobby-{line.pk}-menu" hx-get="{ADDRESS}{line.pk}/"' in page
    assert page.count('id="room-lobby-actions"') == 1
    assert "csrfmiddlewaretoken" not in page.partition('id="room-lobby-log"')[2].partition("</ol>")[0]
    menu = as_ben.get(f"{ADDRESS}{line.pk}/")
    assert f'href="?at={line.pk}#room-lobby-{line.pk}"' in menu.content.decode()
    assert "no-store" in menu["Cache-Control"]


def test_a_page_without_a_socket_is_sent_the_line_as_it_is_now(as_ben, line):
    markup = as_ben.post(ADDRESS, {"praise": line.pk, "later": "1"}, headers=HTMX).content.decode()
    assert f'<li hx-swap-oob="true" id="room-lobby-{line.pk}"' in markup
