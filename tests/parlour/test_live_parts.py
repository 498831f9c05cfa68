"""Live parts beside the rooms of this project: what a press brings, a right that goes meanwhile, watched models."""

import asyncio
import threading
from contextlib import suppress

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from parlour import live_lists, live_parts, watch
from parlour.models import read_heads
from parlour.streams import Ask, LogStream
from parlour.testing import Page
from parlour.watch import rows_head
from parlour.writes import live_write
from rooms.models import Membership, Message, Room
from tests.parlour.messages import add, edit
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def template(monkeypatch, settings, tmp_path):
    """The template `part.html` of parts that this test declares; they and what they watch are gone afterwards."""
    monkeypatch.setattr(live_parts, "parts", {**live_parts.parts})
    monkeypatch.setattr(watch, "watched", {**watch.watched})
    for signal in (post_save, post_delete):
        monkeypatch.setattr(signal, "receivers", [*signal.receivers])
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    template = tmp_path / "part.html"
    template.write_text("a part")
    yield template
    for signal in (post_save, post_delete):
        signal.sender_receivers_cache.clear()


@live_write
def delete(change, row):
    row.deleted = timezone.now()
    change.edit(row, "deleted")


def test_a_row_that_is_left_out_while_others_are_read_is_removed_by_the_next_answer(lobby, ann, template, monkeypatch):
    template.write_text('<li id="{{ id }}">{{ row.text }}</li>')

    @live_lists.live_list("part.html", model=Message, name="lines")
    def lines(room):
        return Message.objects.filter(room=room, deleted=None)

    first, second = add(lobby, "first", "second")
    stream = lines.authorize(ann, {"room": lobby.pk}).streams[0]
    since, meanwhile = LogStream.since, [lambda: delete(first), lambda: edit(second, "changed")]

    def slow(self, asks, heads):
        while meanwhile:
            meanwhile.pop(0)()
        return since(self, asks, heads)

    monkeypatch.setattr(LogStream, "since", slow)
    ask = Ask(second.seq, stream.variant(ann), stream.heads)
    answer = stream.answer([ask])
    again = ask._replace(cursor=answer.cursor(stream.heads))
    told = answer.fragments[ask] + stream.answer([again]).fragments[again]
    assert "changed" in told
    assert f"delete:#{stream.ids.id(f'row-{first.pk}')}" in told


def test_a_press_that_deletes_what_its_part_shows_is_answered_without_a_socket_in_words(ann, client, template):
    template.write_text('{% load parlour %}{% hears "close" as attrs %}<button {{ attrs }}>Close</button>')

    @live_parts.live("part.html", watch=[Membership])
    def place(membership):
        return {}

    @place.hears
    def close(person, membership):
        Membership.objects.filter(pk=membership).delete()

    membership = Membership.objects.create(room=Room.objects.create(title="Tea", owner=ann), person=ann)
    client.force_login(ann)
    panel = place.authorize(ann, place.bind({"membership": membership})).panel
    answer = client.post(panel, {"verb": "close"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "This is not there any more." in answer.content.decode()


async def test_what_a_page_sends_reaches_a_verb_as_text_of_several_the_last(ann):
    heard = []

    @live_parts.live("part.html")
    def chosen():
        return {}

    @chosen.hears
    def choose(person, what="nothing"):
        heard.append(what)

    async with Page(chosen.consumer, ann) as page:
        for what in ("one", ["one", "two"], 5, []):
            await page.send(kind="choose", what=what)
        await eventually(lambda: len(heard) == 4)
        assert page.closed is None
    assert heard == ["one", "two", "5", "nothing"]


async def test_of_two_looks_at_a_right_that_meet_the_newer_one_holds(ann):
    slow, done, held, looking = [], [], threading.Event(), threading.Event()

    @live_parts.live("part.html")
    def part():
        return {}

    @part.allow
    def may_see(person):
        if slow and slow.pop():
            looking.set()
            assert held.wait(10)
        done.append(person)
        return True

    staff = []

    @part.hears
    def act(person):
        staff.append(person.is_staff)

    ann.is_staff = True
    await sync_to_async(ann.save)()
    async with Page(part.consumer, ann) as page:
        done.clear()
        slow.append("the next look")
        await sync_to_async(ann.save)()
        await asyncio.to_thread(looking.wait, 10)
        ann.is_staff = False
        await sync_to_async(ann.save)()
        with suppress(TimeoutError):  # two at once: the newer one would overtake the slow one here
            await eventually(lambda: done, 0.5)
        held.set()
        await eventually(lambda: len(done) >= 2)
        for _ in range(20):
            acts = len(staff)
            await page.send(kind="act")
            await eventually(lambda acts=acts: len(staff) > acts)
    assert not staff[-1]


def test_a_watched_numbered_model_is_noticed_inside_and_outside_a_transaction(ann, lobby):
    @live_parts.live("part.html", watch=[Message])
    def part():
        return {}

    def moved():
        return read_heads([rows_head(Message)])[rows_head(Message)]

    at_first = moved()
    add(lobby, "one")
    outside = moved()
    with transaction.atomic():
        add(lobby, "two")
    assert at_first < outside < moved()


def test_members_are_added_where_memberships_are_watched(ann, ben, lobby):
    @live_parts.live("part.html")
    def part():
        return {}

    @part.allow(watch=[Membership])
    def may_see(person):
        return True

    lobby.members.add(ben)
    assert lobby.memberships.filter(person=ben).exists()
