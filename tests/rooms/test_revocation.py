"""A right that is taken away ends delivery in all tabs at once, with a code and with words that lead on."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Session, User
from parlour import authorization, hub
from parlour.conf import Conf
from parlour.database import run
from parlour.testing import lost_hints
from rooms.consumers import RoomConsumer
from rooms.models import Membership, Room
from tests.parlour.messages import add
from tests.parlour.recording_page import RecordingPage, Silent
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("beating_slowly")]
SECRET = "never to be seen by somebody who was sent away"


@pytest.fixture
def beating_slowly(conf):
    """Beats would be frames after the end; the tick must not help a hint that should do alone."""
    conf(BEAT=60, TICK=60)


@pytest.fixture
def team(ann, ben):
    """Ann's members-only room; Ben is a member too."""
    room = Room.objects.create(title="Team", owner=ann, access=Room.Access.MEMBERS, guests=Room.Guests.NONE)
    for person in (ann, ben):
        Membership.objects.create(room=room, person=person)
    return room


def signs_out(ben, room):
    for session in Session.objects.all():
        if session.get_decoded().get(SESSION_KEY) == str(ben.pk):
            session.delete()


def is_deactivated(ben, room):
    ben.is_active = False
    ben.save()


def gets_another_password(ben, room):
    ben.set_password("quite another one")
    ben.save()


def is_removed(ben, room):
    Membership.objects.get(room=room, person=ben).delete()


def room_goes(ben, room):
    room.delete()


def room_closes_to_all_but_members(ben, room):
    room.members.set([room.owner])
    room.access = Room.Access.MEMBERS
    room.save()


ENDS = [
    (signs_out, 4001, "/accounts/login/"),
    (is_deactivated, 4001, "/accounts/login/"),
    (gets_another_password, 4001, "/accounts/login/"),
    (room_goes, 4004, 'href="/"'),
    (is_removed, 4004, 'href="/"'),
]


async def ended(page, code, way_on):
    """The page was closed with `code` and words that lead on, without a beat that would bring it back."""
    await page.ends(code)
    assert way_on in page.frames[-1]
    assert 'class="pl-farewell"' in page.frames[-1]
    assert page.document.find(page.region.id("beat")) is None
    assert page.events[-1] == "websocket.close"


async def nothing_more(room, *pages):
    """What is said afterwards reaches those who may read it, and none of these pages."""
    if await Room.objects.filter(pk=room.pk).aexists():
        async with RecordingPage(room.owner, room.slug) as witness:
            await run(add, room, SECRET)
            await witness.shows(SECRET)
    assert not [frame for page in pages for frame in page.frames if SECRET in frame]


@pytest.mark.parametrize(("act", "code", "way_on"), ENDS)
async def test_it_ends_in_every_tab(ben, team, act, code, way_on):
    async with RecordingPage(ben, "team") as page, RecordingPage(ben, "team") as other:
        await run(act, ben, team)
        await ended(page, code, way_on)
        await ended(other, code, way_on)
        await nothing_more(team, page, other)


@pytest.mark.parametrize(("act", "code", "way_on"), [ENDS[0], (room_closes_to_all_but_members, 4004, 'href="/"')])
async def test_in_an_open_room_it_ends_too_though_strangers_may_read(ben, lobby, act, code, way_on):
    async with RecordingPage(ben) as page:
        await run(act, ben, lobby)
        await ended(page, code, way_on)
        await nothing_more(lobby, page)


@pytest.mark.parametrize(("act", "code", "way_on"), [ENDS[0], ENDS[-1]])
async def test_with_all_hints_lost_the_tick_ends_it(ben, team, conf, act, code, way_on):
    conf(BEAT=60, TICK=0.1)
    with lost_hints():
        async with RecordingPage(ben, "team") as page:
            await run(act, ben, team)
            await ended(page, code, way_on)
            await nothing_more(team, page)


SILENTLY = [
    (lambda ben, _: User.objects.filter(pk=ben.pk).update(is_active=False), 4001),
    (lambda ben, _: User.objects.filter(pk=ben.pk).update(password="of a restored backup"), 4001),
    (lambda *_: Session.objects.all()._raw_delete("default"), 4001),
    (lambda ben, _: Membership.objects.filter(person=ben)._raw_delete("default"), 4004),
    (lambda _, room: Room.objects.filter(pk=room.pk).update(slug="moved"), 4004),
]


@pytest.mark.parametrize(("act", "code"), SILENTLY)
async def test_a_right_that_goes_without_a_signal_is_found_by_asking_again(ben, team, conf, act, code):
    assert Conf().RECHECK <= 30, "and a look takes some seconds: 35 are promised"
    conf(BEAT=60, TICK=60, RECHECK=0.3)
    async with RecordingPage(ben, "team") as page, RecordingPage(ben, "team") as other:
        await page.stays(0.4)
        await run(act, ben, team)
        await page.ends(code)
        await other.ends(code)


async def test_who_is_not_signed_in_loses_a_right_without_a_signal_too(lobby, conf):
    conf(BEAT=60, TICK=60, RECHECK=0.3)
    async with RecordingPage() as page:
        await Room.objects.filter(pk=lobby.pk).aupdate(guests=Room.Guests.NONE)
        await page.ends(4001)


async def test_who_may_only_read_any_more_without_a_signal_is_known_to(gus, lobby, conf):
    conf(BEAT=60, TICK=60, RECHECK=0.3)
    async with RecordingPage(gus):
        [page] = hub.current().listeners
        assert page.region.rights.write
        await Room.objects.filter(pk=lobby.pk).aupdate(guests=Room.Guests.READ)
        await eventually(lambda: not page.region.rights.write)


async def test_all_pages_are_asked_for_at_once_and_those_whose_rights_are_unchanged_are_left_alone(ann, ben, team):
    async with AsyncExitStack() as stack:
        for person in (ann, ben) * 5:
            await stack.enter_async_context(RecordingPage(person, "team"))
        pages = list(hub.current().listeners)

        def differing():
            with CaptureQueriesContext(connection) as queries:
                found = authorization.differing(pages)
            return found, len(queries)

        found, queries = await run(differing)
        assert (found, len(pages)) == ([], 10)
        assert queries == 6, "sessions, people, heads, the room, its members among them, and which rooms they follow"
        await User.objects.filter(pk=ben.pk).aupdate(display_name="Benjamin")
        found, _ = await run(differing)
        assert {page.person.pk for page in found} == {ben.pk}


@pytest.mark.parametrize(("act", "code", "way_on"), [ENDS[0], ENDS[-1]])
async def test_between_the_handshake_and_hello_it_ends_as_well(ben, team, act, code, way_on):
    async with Silent(ben, "team") as page:
        await page.until(lambda: "websocket.accept" in page.events)
        await run(act, ben, team)
        await page.send(kind="hello", cursor=page.document.cursors())
        await page.ends(code)
        await nothing_more(team, page)


async def test_a_right_that_goes_while_hello_is_being_answered_is_noticed_at_once(ben, team, monkeypatch):
    """The hint comes before the page listens to its guards, and no other will."""
    greet = RoomConsumer.greet

    async def greeting(consumer, fields):
        await run(is_removed, ben, team)
        await asyncio.sleep(0.05)
        return await greet(consumer, fields)

    monkeypatch.setattr(RoomConsumer, "greet", greeting)
    async with RecordingPage(ben, "team") as page:
        await page.ends(4004)


async def test_a_guest_is_sent_out_when_guests_are_and_others_stay(ann, gus, lobby):
    def closed_to_guests():
        lobby.guests = Room.Guests.NONE
        lobby.save()

    async with RecordingPage(gus) as guest, RecordingPage(None) as nobody, RecordingPage(ann) as owner:
        await run(closed_to_guests)
        await ended(guest, 4001, "/accounts/login/")
        await ended(nobody, 4001, "/accounts/login/")
        await run(add, lobby, "among us")
        await owner.shows("among us")


async def test_a_guest_who_may_only_read_from_now_on_stays_and_is_told_when_writing(gus, lobby):
    def reading_only():
        lobby.guests = Room.Guests.READ
        lobby.save()

    async with RecordingPage(gus) as page:
        await run(reading_only)
        await page.send(kind="say", text="may I?", page="0123456789abcdef", acked="0")
        await page.shows("You may not write in this room any more.")
        assert not await lobby.messages.aexists()


async def test_a_session_that_runs_out_ends_at_the_next_look(ben, team, conf):
    conf(BEAT=60, TICK=0.1)
    async with RecordingPage(ben, "team") as page:
        await page.cut()
        await Session.objects.aupdate(expire_date=timezone.now() + timedelta(seconds=1))
        await page.resume()
        await page.ends(4001)


async def test_whoever_was_sent_away_is_here_no_longer(ann, ben, team, conf):
    conf(BEAT=60, TICK=0.2, GRACE=0.2)
    async with RecordingPage(ann, "team") as page, RecordingPage(ben, "team") as goes:
        await page.shows("Ben")
        await run(is_removed, ben, team)
        await goes.ends(4004)
        await page.until(lambda: "Ben left the room" in " ".join(page.document.text().split()), "Ben leaves")


async def test_another_sign_in_and_a_new_name_disturb_nobody_and_a_new_zone_has_the_page_come_back(ben, lobby):
    async with RecordingPage(ben) as page:
        ben.last_login = timezone.now()
        await ben.asave(update_fields=["last_login"])
        ben.display_name = "Benjamin"
        await ben.asave()
        await page.stays()
        ben.time_zone = "Asia/Tokyo"
        await ben.asave()
        await page.ends(1012)
