"""A room that keeps messages for some days only says so, and keeps no longer what is older."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from rooms.models import Message, Room
from rooms.search import search
from tests.rooms.posts import say
from tests.rooms.test_rooms import fields

pytestmark = pytest.mark.django_db(transaction=True)


def prune():
    out = StringIO()
    call_command("prune_messages", stdout=out)
    return out.getvalue()


def days_ago(row, days):
    Message.objects.filter(pk=row.pk).update(created=timezone.now() - timedelta(days=days))


def test_what_is_older_than_its_room_keeps_is_deleted_and_then_leaves_the_page(ann, lobby, team, monkeypatch):
    Room.objects.filter(pk=lobby.pk).update(keep_days=7)
    old, new, elsewhere = say(ann, lobby, "an old fox"), say(ann, lobby, "a new fox"), say(ann, team, "a fox")
    answer = say(ann, lobby, "yes")
    quote = {"pk": old.pk, "author": ann.pk, "name": "Ann", "text": "an old fox"}
    Message.objects.filter(pk=answer.pk).update(answers=old, quote=quote)
    for row in (old, elsewhere):
        days_ago(row, 8)
    days_ago(new, 6)
    assert prune() == "1 messages deleted.\n"
    old.refresh_from_db()
    assert (old.text, old.html, bool(old.deleted)) == ("", "", True)
    assert old.changed > answer.seq  # an open page sees it
    answer.refresh_from_db()
    assert "fox" not in str(answer.quote)
    assert [row.text for row in search(ann, "fox")] == ["a fox", "a new fox"]
    assert prune() == "0 messages deleted.\n"
    assert Message.objects.filter(pk=old.pk).exists()
    Message.objects.filter(pk=old.pk).update(deleted=timezone.now() - timedelta(hours=2))
    prune()
    assert set(Message.objects.values_list("pk", flat=True)) == {new.pk, elsewhere.pk, answer.pk}


def test_who_manages_a_room_says_how_long_and_everybody_reads_it_in_its_head(ann, lobby, client):
    client.force_login(ann)
    client.post("/rooms/lobby/settings/", fields("Lobby", keep_days="30"))
    lobby.refresh_from_db()
    assert lobby.keep_days == 30
    page = client.get("/rooms/lobby/settings/").content.decode()
    assert '<option value="30" selected>' in page
    assert "Messages are kept for 30 days" in client.get("/rooms/lobby/").content.decode()
    client.post("/rooms/lobby/settings/", fields("Lobby", keep_days=""))
    lobby.refresh_from_db()
    assert lobby.keep_days is None
    assert "Messages are kept" not in client.get("/rooms/lobby/").content.decode()
    assert client.post("/rooms/lobby/settings/", fields("Lobby", keep_days="-1")).status_code == 422
