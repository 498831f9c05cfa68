"""A socket may be opened by something else than a session's cookie, and say at its hello who it is."""

from dataclasses import dataclass

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model

from parlour import Credential, Denied, Identity, limits, revoke
from parlour.authorization import differing
from parlour.hub import current
from rooms.consumers import RoomConsumer
from rooms.models import Room
from tests.parlour.recording_page import Silent

pytestmark = pytest.mark.django_db(transaction=True)
gone = set()  # badges that are not valid any more


@dataclass(frozen=True)
class Badge(Credential):
    name: str

    def identify(self):
        if self.name in gone:
            raise Denied(4001, "This badge is not valid any more.")
        return Identity(get_user_model().objects.get(username=self.name), None)


class BadgeConsumer(RoomConsumer):
    @classmethod
    def credential_of(cls, request):
        return request.scope.get("credential") or Credential()

    def introduce(self, fields):
        return Badge(fields["badge"]) if "badge" in fields else self.credential


class Program(Silent):
    """A socket with no Origin and a credential in its scope."""

    credential = None

    async def open(self, origin=None):
        application = self.consumer.as_asgi()

        def as_asgi():
            async def opened(scope, receive, send):
                headers = [header for header in scope["headers"] if header[0] != b"origin"]
                await application({**scope, "headers": headers, "credential": self.credential}, receive, send)

            return opened

        self.consumer = type("Opened", (self.consumer,), {"as_asgi": staticmethod(as_asgi)})
        await super().open()


@pytest.fixture
def room():
    gone.clear()
    return Room.objects.create(title="Lobby", guests=Room.Guests.READ)


@pytest.fixture
def ann(room):
    return get_user_model().objects.create_user("ann", password="a long password")


async def opened(consumer, credential=None, person=None, **hello):
    page = Program(person, consumer=consumer)
    page.credential = credential
    await page.__aenter__()
    await page.hello(**hello)
    return page


async def test_a_credential_of_the_scope_says_who_it_is_without_a_cookie_or_an_origin(ann):
    page = await opened(RoomConsumer, Badge("ann"))
    await page.send(kind="say", text="from a program", page="p", acked="0")
    await page.shows("from a program")
    await page.cut()


async def test_without_a_credential_a_missing_origin_is_refused(ann):
    page = Program(ann, consumer=RoomConsumer)
    await page.__aenter__()
    await page.ends(1008)


async def test_a_page_says_at_its_hello_who_it_is_and_is_heard_as_that_person(ann):
    page = await opened(BadgeConsumer, badge="ann")
    await page.send(kind="say", text="by a badge", page="p", acked="0")
    await page.shows("by a badge")
    await page.cut()


async def test_who_was_introduced_at_the_hello_is_counted_as_a_person(ann, conf):
    conf(PERSON_SOCKETS=1)
    page = await opened(BadgeConsumer, badge="ann")
    assert dict(limits._open) == {("person", ann.pk): 1}
    other = await opened(BadgeConsumer, badge="ann")
    assert other.closed == 4029
    assert "You have very many pages open." in other.document.text()
    await page.cut()
    await other.cut()
    assert not limits._open


async def test_a_hello_with_a_credential_that_is_not_valid_ends_in_words(ann):
    gone.add("ann")
    page = await opened(BadgeConsumer, badge="ann")
    assert page.closed == 4001
    assert "This badge is not valid any more." in page.document.text()


async def test_who_was_introduced_at_the_hello_leaves_when_it_ends(ann):
    page = await opened(BadgeConsumer, badge="ann")
    await page.shows("ann")
    gone.add("ann")
    await sync_to_async(revoke)(ann.pk)
    await page.ends(4001)


async def test_credentials_that_end_silently_are_found_when_all_are_asked_again(ann):
    page = await opened(RoomConsumer, Badge("ann"))
    [listener] = current().listeners
    assert await sync_to_async(differing)([listener]) == []
    gone.add("ann")
    assert await sync_to_async(differing)([listener]) == [listener]
    await page.cut()


async def test_who_is_muted_reads_on_and_is_told_that_they_may_not_write(ann):
    page = await opened(RoomConsumer, Badge("ann"))
    ann.is_muted = True
    await sync_to_async(ann.save)()
    await page.until(lambda: next(iter(current().listeners)).region.rights.write is False, "the rights asked again")
    await page.send(kind="say", text="may I", page="p", acked="0")
    await page.shows("You may not write in this room any more.")
    assert page.closed is None
    await page.cut()
