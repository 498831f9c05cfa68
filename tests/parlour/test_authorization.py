"""What pages may see is asked for all that come at once, and each gets what it would have got alone."""

from contextlib import AsyncExitStack

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Session, User
from parlour import authorization, credentials, hub
from parlour.consumer import Consumer
from parlour.database import run
from rooms.consumers import RoomConsumer
from rooms.models import Membership, Room
from tests.parlour.recording_page import RecordingPage, Silent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def together(monkeypatch):
    """How many pages were asked for together, each time."""
    sizes, check = [], authorization.check

    def counted(pages):
        sizes.append(len(pages))
        return check(pages)

    monkeypatch.setattr(authorization, "check", counted)
    return sizes


@pytest.fixture
def team(ann, ben, sue):
    """A room of which these three are members."""
    room = Room.objects.create(title="Team", owner=ann, access=Room.Access.MEMBERS, guests=Room.Guests.NONE)
    for person in (ann, ben, sue):
        Membership.objects.create(room=room, person=person)
    return room


async def loaded(stack, *people, consumer=RoomConsumer, slug="team"):
    """Pages of these people in this room, whose sockets are closed again."""
    pages = [await stack.enter_async_context(Silent(person, slug, consumer)) for person in people]
    for page in pages:
        await page.until(lambda page=page: "websocket.accept" in page.events)
        await page.cut()
        page.events.clear()
    return pages


async def come_back(pages):
    """Open all their sockets in one turn of the loop, and wait for what becomes of them."""
    for page in pages:
        await page.open()
    for page in pages:
        await page.until(lambda page=page: page.events)


def leaves(ben):
    Membership.objects.filter(person=ben).delete()


def signs_out(ben):
    for session in Session.objects.all():
        if session.get_decoded().get(SESSION_KEY) == str(ben.pk):
            session.delete()


def session_expires(ben):
    for session in Session.objects.all():
        if session.get_decoded().get(SESSION_KEY) == str(ben.pk):
            Session.objects.filter(pk=session.pk).update(expire_date=timezone.now())


def is_deactivated(ben):
    User.objects.filter(pk=ben.pk).update(is_active=False)


def gets_another_password(ben):
    ben.set_password("quite another one")
    User.objects.filter(pk=ben.pk).update(password=ben.password)


def becomes_nobody(ben):
    """The session stays, and nobody is signed in by it any more."""
    for session in Session.objects.all():
        if session.get_decoded().get(SESSION_KEY) == str(ben.pk):
            session.session_data = Session.get_session_store_class()().encode({})
            session.save()


@pytest.mark.parametrize(
    "act", [leaves, signs_out, session_expires, is_deactivated, gets_another_password, becomes_nobody]
)
async def test_among_those_who_come_at_once_only_who_may_not_is_sent_away(ann, ben, sue, team, together, act):
    async with AsyncExitStack() as stack:
        pages = await loaded(stack, ann, ben, sue)
        await run(act, ben)
        together.clear()
        await come_back(pages)
        assert together == [3]
        await pages[1].ends(4004)
        for page in (pages[0], pages[2]):
            await page.hello()
            assert page.closed is None


async def test_each_gets_rights_of_their_own_and_so_does_each_tab(ann, ben, sue, team, together):
    async with AsyncExitStack() as stack:
        pages = await loaded(stack, ann, ben, sue, ben)
        together.clear()
        await come_back(pages)
        assert together == [4]
        regions = {}
        for page in pages:
            await page.hello()
        for consumer in hub.current().listeners:
            regions.setdefault(consumer.person.username, []).append(consumer.region)
        assert {name: len({id(each) for each in those}) for name, those in regions.items()} == {
            ann.username: 1,
            ben.username: 2,
            sue.username: 1,
        }
        assert [regions[person.username][0].rights.manage for person in (ann, ben)] == [True, False]


async def test_a_right_that_goes_after_all_were_asked_for_ends_the_page(ann, ben, team, together):
    async with AsyncExitStack() as stack:
        pages = await loaded(stack, ann, ben)
        together.clear()
        await come_back(pages)
        assert together == [2]
        await run(leaves, ben)
        for page in pages:
            await page.send(kind="hello", cursor=page.document.cursors())
        await pages[1].ends(4004)
        assert pages[0].closed is None


async def test_as_many_statements_as_for_two_are_enough_for_all(db, lobby):
    people = [await User.objects.acreate(username=f"person-{n}", display_name=f"Person {n}") for n in range(8)]
    async with AsyncExitStack() as stack:
        for person in people:
            await stack.enter_async_context(RecordingPage(person))
        pages = list(hub.current().listeners)

        def counted(pages):
            with CaptureQueriesContext(connection) as queries:
                assert all(isinstance(each, dict) for each in authorization.check(pages))
            return len(queries)

        assert await run(counted, pages) == await run(counted, pages[:2]) == 5, (
            "sessions, people, heads, the room, and which rooms they follow"
        )


@pytest.fixture
def rooms_of(ann, ben, sue):
    """By the slug of a room for members whose it is; Ben is a member of all."""
    people = {"one": ann, "two": ben, "three": sue}
    for slug, person in people.items():
        room = Room.objects.create(title=slug, access=Room.Access.MEMBERS)
        for member in {person, ben}:
            Membership.objects.create(room=room, person=member)
    return people


async def test_people_of_many_rooms_are_asked_for_together_and_each_may_be_in_their_own_alone(ben, rooms_of, together):
    async with AsyncExitStack() as stack:
        own = [(await loaded(stack, person, slug=slug))[0] for slug, person in rooms_of.items()]
        others = [(await loaded(stack, ben, slug=slug))[0] for slug in ("one", "three")]
        await run(Membership.objects.filter(person=ben).exclude(room__title="two").delete)
        together.clear()
        await come_back([*own, *others])
        assert together == [5]
        for page in others:
            await page.ends(4004)
        for page in own:
            await page.hello()
        inside = {each.person.username: each.region.room.slug for each in hub.current().listeners}
        assert inside == {person.username: slug for slug, person in rooms_of.items()}


async def test_as_many_statements_as_for_two_rooms_are_enough_for_many(db, lobby):
    async with AsyncExitStack() as stack:
        for n in range(8):
            await stack.enter_async_context(
                RecordingPage(
                    await User.objects.acreate(username=f"person-{n}", display_name=f"Person {n}"),
                    (await Room.objects.acreate(title=f"Room {n}")).slug,
                )
            )
        pages = list(hub.current().listeners)

        def counted(pages):
            with CaptureQueriesContext(connection) as queries:
                assert all(isinstance(each, dict) for each in authorization.check(pages))
            return len(queries)

        assert await run(counted, pages) == await run(counted, pages[:2]) == 5


async def test_people_of_djangos_own_backend_are_asked_for_together_too(ann, ben, sue, team, together, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    async with AsyncExitStack() as stack:
        pages = await loaded(stack, ann, ben, sue)

        def identified():
            shown = [credentials.Session(key) for key in Session.objects.values_list("session_key", flat=True)]
            with CaptureQueriesContext(connection) as queries:
                people = {who.person for who in credentials.Session.identify_all(shown).values()}
            return people, len(queries)

        assert await run(identified) == ({ann, ben, sue}, 2)
        await run(is_deactivated, ben)
        await come_back(pages)
        await pages[1].ends(4004)


async def test_a_consumer_that_answers_for_one_person_only_is_asked_for_each_alone(ann, ben, sue, team, together):
    class OneByOne(RoomConsumer):
        authorize_all = classmethod(Consumer.authorize_all.__func__)

    async with AsyncExitStack() as stack:
        pages = await loaded(stack, ann, ben, sue, consumer=OneByOne)
        await come_back(pages)
        assert together == []


async def test_a_page_that_is_here_already_is_answered_while_all_turns_of_those_who_come_are_taken(ann, lobby):
    async with AsyncExitStack() as stack:
        page = await stack.enter_async_context(Silent(ann))
        await page.until(lambda: "websocket.accept" in page.events)
        for _ in range(hub.ASKED_AT_ONCE):
            await stack.enter_async_context(hub.current().checks)
        await page.hello()
        assert page.closed is None


async def test_where_each_person_has_guards_of_their_own_all_are_asked_for_twice_together_and_then_alone(
    ann, ben, sue, team
):
    asked = []

    class OwnGuards(RoomConsumer):
        @classmethod
        def authorize(cls, person, slug):
            region = super().authorize(person, slug)
            region.guards.append(f"own.{person.pk}")
            return region

        @classmethod
        def authorize_all(cls, those):
            asked.append(len(those))
            return Consumer.authorize_all.__func__(cls, those)

    async with AsyncExitStack() as stack:
        pages = await loaded(stack, ann, ben, sue, consumer=OwnGuards)
        asked.clear()
        await come_back(pages)
        for page in pages:
            await page.hello()
            assert page.closed is None
        assert len(asked) == 2
        for consumer in hub.current().listeners:
            assert f"own.{consumer.person.pk}" in consumer.guards
