"""Without a socket: the same composer as a plain form, with the same promise to store once and lose nothing."""

import re
from concurrent.futures import Future
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape

from rooms import mentions, views
from rooms.models import Message, Room
from rooms.send_once import MOST
from rooms.streams import RoomRegion
from tests.rooms.parsed import Seen

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "0123456789abcdef"


@pytest.fixture
def say(ann, lobby, client):
    """say(text) posts the form of the lobby's page."""
    client.force_login(ann)

    def post(text, page=PAGE, acked="0", **others):
        return client.post("/rooms/lobby/messages/", {"text": text, "page": page, "acked": acked} | others)

    return post


def stored():
    return list(Message.objects.order_by("seq").values_list("text", flat=True))


def test_a_double_submit_and_the_back_button_store_a_text_once_and_lead_back_to_the_room(say):
    for _ in range(3):
        answer = say("hello")
        assert answer.status_code == 302
        assert answer["Location"].partition("#")[0] == "/rooms/lobby/"
    assert stored() == ["hello"]


def test_what_was_sent_through_the_socket_is_not_stored_again(say):
    say(["two", "one"])
    say(["three", "two", "one"])
    assert stored() == ["one", "two", "three"]


@pytest.mark.parametrize(("text", "why"), [("x" * 4001, "too long"), (" ", "nothing in it")])
def test_what_is_refused_comes_back_with_the_page_and_the_reason(say, text, why):
    answer = say(text)
    assert answer.status_code == 422
    assert why in Seen(answer.content.decode()).text
    assert text.strip() in answer.content.decode()


@pytest.mark.parametrize("fields", [{"page": "<b>"}, {"acked": "-1"}])
def test_a_form_that_no_page_of_ours_sends_gets_its_text_back(say, fields):
    answer = say("my words", **fields)
    assert answer.status_code == 400
    assert "my words" in answer.content.decode()
    assert stored() == []


def test_more_than_a_hundred_texts_are_all_stored(say, post_rate):
    """A plain form leads to a new page, so nothing may be left on the old one."""
    post_rate("1000/1000")
    texts = [f"text {n}" for n in range(MOST + 20)]
    say(texts[::-1])
    assert stored() == texts


def test_a_reader_without_a_name_is_told_how_to_write(lobby, client):
    answer = client.post("/rooms/lobby/messages/", {"text": "let me in"})
    assert answer.status_code == 422
    assert "Choose a name first" in Seen(answer.content.decode()).text


def test_an_empty_box_above_texts_that_wait_is_no_text_and_the_address_of_a_refused_one_leads_to_the_room(say, client):
    assert say(["", "waits"]).status_code == 302
    assert stored() == ["waits"]
    assert client.get("/rooms/lobby/messages/").url == "/rooms/lobby/"


def test_a_guest_whose_mention_tells_nobody_reads_so_on_the_next_page(gus, ben, lobby, client):
    client.force_login(gus)
    client.post("/rooms/lobby/messages/", {"text": "@ben?"})
    assert str(escape(mentions.NOT_HERE)) in client.get("/rooms/lobby/").content.decode()


def test_a_form_waits_no_longer_for_its_commit_than_a_socket_and_comes_back_with_its_text(say, client, monkeypatch):
    monkeypatch.setattr(views, "COMMIT_WITHIN", 0.05)
    monkeypatch.setattr(views, "submit", lambda *_: Future())
    client.raise_request_exception = False
    answer = say("typed")
    assert answer.status_code == 500
    assert "typed</textarea>" in answer.content.decode()


def test_a_text_is_never_put_into_an_address(say, client):
    assert client.get("/rooms/lobby/lines/", {"text": "x"}).status_code == 405
    assert "kept</textarea>" in client.post("/rooms/lobby/lines/", {"text": ["kept", "waits"]}).content.decode()
    assert "pasted" in client.post("/rooms/lobby/pasted/").content.decode()


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
@pytest.mark.parametrize(("several", "partial"), [("1", "textarea"), ("", "input")])
def test_the_box_after_a_message_was_sent_is_the_one_before_in_every_language(language, several, partial):
    with translation.override(language):
        region = RoomRegion(Room(slug="lobby"))
        fresh = render_to_string("parlour_rooms/composer.html#fresh", {"region": region, "several_lines": several})
        box = render_to_string(f"parlour_rooms/composer.html#{partial}", {"welcome": True})
    [name] = re.findall(r'hx-get="/static/([^"]+)"', fresh)
    assert Path(finders.find(name)).read_text().strip() == box.strip().replace("\n</textarea>", "</textarea>")


def test_one_line_or_several_is_what_was_chosen_or_fits_the_device(say, client):
    phone = {"User-Agent": "Mozilla/5.0 (iPhone) Mobile/15E148"}

    def several(**headers):
        page = client.get("/rooms/lobby/", headers=headers).content.decode()
        assert ("/lines.html" in page) == ("<textarea name" in page)
        return "/lines.html" in page

    assert [several(), several(**phone), several(**{"Sec-CH-UA-Mobile": "?1"})] == [False, True, True]
    client.post("/rooms/lobby/lines/", {"text": "a"})
    assert [several(), several(**phone)] == [True, True]
    assert 'value="a b"' in client.post("/rooms/lobby/lines/", {"text": "a\r\nb", "several": "0"}).content.decode()
    assert [several(), several(**phone)] == [False, False]
    assert client.cookies["several_lines"]["samesite"] == "Lax"
