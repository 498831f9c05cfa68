"""What was said in a room leaves it as one file, in two formats, whatever the size."""

import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from rooms import export
from rooms.export import as_html, as_json
from rooms.models import Message, Room
from tests.rooms.posts import say
from tests.rooms.test_large_room import fill

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talk(ann, ben, lobby):
    """Three messages: an edited one with reactions, an answer with a file, one that was removed."""
    first, second, third = say(ann, lobby, "**bold** & <i>"), say(ben, lobby, "it"), say(ann, lobby, "x")
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    Message.objects.filter(room=lobby).update(created=at)
    Message.objects.filter(pk=first.pk).update(edited=at, reactions={"👍": [str(ben.pk), str(ann.pk), "99"]})
    files = [{"pk": 1, "name": "plan.pdf", "type": "application/pdf", "size": 2048}]
    Message.objects.filter(pk=second.pk).update(answers=first, files=files)
    Message.objects.filter(pk=third.pk).update(deleted=at, text="secret", html="secret")
    return first, second, third


def test_json_holds_who_said_what_when_and_what_became_of_it(talk, ann, lobby):
    first, second, third = json.loads("".join(as_json(lobby)))["messages"]
    assert first["author"] == {"id": ann.pk, "name": "Ann"}
    assert first["text"] == "**bold** & <i>"
    assert first["created"] == first["edited"] == "2026-03-01T23:30:00Z"
    assert first["reactions"] == {"👍": ["Ben", "Ann"]}
    assert second["answers"] == first["id"]
    assert second["files"][0]["name"] == "plan.pdf"
    assert (third["text"], third["deleted"]) == ("", "2026-03-01T23:30:00Z")
    assert "edited" not in second


def test_the_page_holds_the_same_and_needs_nothing_from_elsewhere(talk, lobby):
    page = "".join(as_html(lobby, "en", "Pacific/Auckland"))
    assert "<strong>bold</strong> &amp; &lt;i&gt;" in page
    assert "Monday 2 March 2026" in page
    assert page.count("<h2>") == 1
    for words in ("edited <time", "plan.pdf", "👍", "This message was deleted.", f'href="#m{talk[0].pk}"', "12:30"):
        assert words in page
    assert "secret" not in page
    assert "<script" not in page
    assert "http" not in page


def test_batches_are_joined_without_seam(ann, lobby, monkeypatch):
    texts = [say(ann, lobby, f"line {number}").text for number in range(7)]
    for size in (1, 3, 7, 100):
        monkeypatch.setattr(export, "BATCH", size)
        assert [each["text"] for each in json.loads("".join(as_json(lobby)))["messages"]] == texts
        assert "".join(as_html(lobby, "de", "UTC")).count("<h2>") == 1


def test_an_empty_room_has_a_page_and_json_too(lobby):
    assert json.loads("".join(as_json(lobby)))["messages"] == []
    assert "Lobby" in "".join(as_html(lobby, "en", "UTC"))


def test_who_manages_a_room_gets_the_files_and_nobody_else(talk, ann, ben, sue, lobby, team, client):
    for somebody, status in ((None, 302), (ben, 403), (ann, 200), (sue, 200)):
        if somebody:
            client.force_login(somebody)
        for kind in ("html", "json"):
            assert client.get(f"/rooms/lobby/export.{kind}").status_code == status
    client.force_login(ben)
    assert client.get("/rooms/team/export.json").status_code == 404
    client.force_login(ann)
    answer = client.get("/rooms/lobby/export.json")
    assert answer["Content-Disposition"] == 'attachment; filename="lobby.json"'
    assert len(json.loads(answer.getvalue())["messages"]) == 3


def test_much_at_once_is_refused_in_words(ann, lobby, client):
    client.force_login(ann)
    answers = [client.get("/rooms/lobby/export.json") for _ in range(7)]
    assert [each.status_code for each in answers] == [200] * 6 + [429]


@pytest.mark.faults
@pytest.mark.timeout(300)
@pytest.mark.parametrize("form", [as_json, lambda room: as_html(room, "en", "UTC")])
def test_a_large_room_leaves_without_being_in_memory_at_once(form, ann, ben):
    room = Room.objects.create(title="Large", owner=ann)
    fill(room, [ann, ben], 30_000)
    tracemalloc.start()
    size = sum(map(len, form(room)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < size / 2
