"""Editing and deleting what one posted, and what it said before."""

from datetime import timedelta

import pytest
from django.test import Client

from alerts.models import Alert
from parlour.database import run
from rooms import editing
from rooms.editing import FOR
from rooms.models import Message, ModerationAct, Revision
from rooms.moderation import remove
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import answer, lines, say

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
ADDRESS = "/rooms/lobby/actions/"


def client_of(person):
    client = Client()
    client.force_login(person)
    return client


def save(person, row, text, version="first", **headers):
    fields = {"save": f"{row.pk} {version}", "value": text, "slot": "1"}
    return client_of(person).post(ADDRESS, fields, headers=headers or HTMX)


def press(person, name, row):
    """What a page is answered that submits this action."""
    return client_of(person).post(ADDRESS, {name: row.pk}, headers=HTMX).content.decode()


def menu(person, row):
    return client_of(person).get(f"{ADDRESS}{row.pk}/").content.decode()


async def test_an_edit_is_seen_on_open_pages_marked_with_its_time(ann, ben, lobby):
    row = await run(say, ann, lobby, "Good evenig")
    async with RecordingPage(ben) as page:
        await page.shows("Good evenig")
        assert "edited" not in page.document.text()
        await run(save, ann, row, "Good **evening**")
        await page.shows("Good evening")
        assert "edited" in page.document.text()
        assert await page.equals_fresh()
    await row.arefresh_from_db()
    assert (row.text, row.html) == ("Good **evening**", "<p>Good <strong>evening</strong></p>\n")


def test_only_who_wrote_it_edits_it_and_only_for_a_day(ann, ben, sue, lobby):
    row = say(ann, lobby, "mine")
    assert [">Edit<" in menu(person, row) for person in (ann, ben, sue)] == [True, False, False]
    assert "cannot be done" in save(ben, row, "not yours").content.decode()
    Message.objects.update(created=row.created - FOR + timedelta(minutes=1))
    save(ann, row, "mine still")
    Message.objects.update(created=row.created - FOR)
    assert ">Edit<" not in menu(ann, row)
    assert "cannot be done" in save(ann, row, "too late").content.decode()
    assert Message.objects.get().text == "mine still"


def test_nothing_typed_is_lost_when_an_edit_is_refused(ann, lobby):
    row = say(ann, lobby, "short")
    for text in ("", "long " * 1000):
        answer = save(ann, row, text)
        assert 'innerHTML:#room-lobby-slot"><form' in answer.content.decode()
        assert text.strip() in answer.content.decode()
        plain = save(ann, row, text, Accept="text/html")
        assert plain.status_code == 422
        assert text.strip() in plain.content.decode()
    assert Message.objects.get().text == "short"


def test_of_two_tabs_the_second_is_told_what_the_first_made_of_it(ann, lobby):
    row = say(ann, lobby, "one")
    save(ann, row, "two")
    answer = save(ann, row, "three").content.decode()
    assert "edited elsewhere meanwhile, and says now: two" in answer
    assert "three</textarea>" in answer
    assert Message.objects.get().text == "two"
    version = Message.objects.get().edited.isoformat()
    save(ann, row, "three", version)
    assert Message.objects.get().text == "three"


def test_who_is_mentioned_by_an_edit_is_alerted_once_and_nobody_again(ann, ben, sue, lobby):
    row = say(ann, lobby, "@ben, come")
    save(ann, row, "@ben and @sue, come at six")
    for text in ("nobody", "@ben and @sue, come at seven"):
        save(ann, row, text, Message.objects.get().edited.isoformat())
    assert lines(ben) == lines(sue) == ["Ann mentioned you in Lobby"]
    assert {*Alert.objects.values_list("body", flat=True)} == {"@ben and @sue, come at seven"}


async def test_who_has_come_since_is_not_told_by_an_edit_that_everybody_here_was_mentioned(ann, ben, lobby):
    row = await run(say, ann, lobby, "@here, tea")
    async with RecordingPage(ben) as page:
        await page.until(lambda: "Ben" in page.document.part("room-lobby-people"), "Ben is here")
        await run(save, ann, row, "@here, tea is ready")
        await page.shows("tea is ready")
        assert await run(lines, ben) == []


def test_who_wants_to_hear_everything_hears_of_no_edit(ann, ben, lobby):
    lobby.notification_levels.create(person=ben, level="everything")
    row = say(ann, lobby, "news")
    Alert.objects.all().delete()
    save(ann, row, "newer news")
    assert not Alert.objects.exists()


def test_an_edit_that_changes_nothing_marks_nothing(ann, lobby):
    row = say(ann, lobby, "as it is")
    assert "Nothing was changed" in save(ann, row, " as it is ").content.decode()
    assert (Message.objects.get().edited, Revision.objects.count()) == (None, 0)


def test_what_it_said_before_is_shown_to_who_manages_the_room_and_to_staff(ann, ben, sue, lobby):
    row = say(ben, lobby, "what I <b>said</b>")
    assert 'name="history"' not in menu(ann, row)
    save(ben, row, "what I meant")
    assert ['name="history"' in menu(person, row) for person in (ann, sue, ben)] == [True, True, False]
    shown = press(ann, "history", row)
    assert "what I &lt;b&gt;said&lt;/b&gt;" in shown
    assert "cannot be done" in press(ben, "history", row)


async def test_what_is_deleted_is_gone_from_pages_and_from_the_database(ann, ben, lobby):
    row = await run(say, ann, lobby, "@ben my secrt")
    await run(save, ann, row, "@ben my secret")
    reply = await run(answer, ben, row, "which one?")
    async with RecordingPage(ben) as page:
        await page.shows("my secret")
        assert 'name="delete"' in await run(menu, ann, row)
        await run(press, ann, "delete", row)
        await page.shows("This message was deleted.")
        await page.until(lambda: "secret" not in page.document.text())
        assert await page.equals_fresh()
    assert not await run(Revision.objects.exists)
    assert not await run(Alert.objects.filter(body__contains="secr").exists)
    await reply.arefresh_from_db()
    assert reply.quote["text"] == ""
    await row.arefresh_from_db()
    assert (row.text, row.html) == ("", "")


def test_only_who_wrote_it_or_manages_the_room_deletes_it_and_what_is_deleted_offers_nothing(ann, ben, lobby):
    row = say(ann, lobby, "mine")
    assert "cannot be done" in press(ben, "delete", row)
    other = say(ben, lobby, "a slur")
    press(ann, "delete", other)
    acts = ModerationAct.objects.values_list("by", "act", "person", "message")
    assert list(acts) == [(ann.pk, "remove", ben.pk, other.pk)]
    other.delete()
    assert "Deleted." in press(ann, "delete", row)
    first = Message.objects.get().deleted
    assert "<button" not in menu(ann, row)
    assert "cannot be done" in save(ann, row, "again").content.decode()
    remove([row.pk])
    assert (Message.objects.get().text, Message.objects.get().deleted) == ("", first)


def test_a_message_is_edited_so_often_and_no_more(ann, lobby, monkeypatch):
    monkeypatch.setattr(editing, "MOST", 2)
    row, version = say(ann, lobby, "one"), "first"
    for text in ("two", "three", "four"):
        said = save(ann, row, text, version).content.decode()
        version = Message.objects.get().edited.isoformat()
    assert "edited very often" in said
    assert 'name="value"' in said, "what was typed is kept"
    assert (Message.objects.get().text, Revision.objects.count()) == ("three", 2)
