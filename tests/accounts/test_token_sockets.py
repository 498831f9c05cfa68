"""What a token opens on sockets, and how soon it ends."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, User
from parlour import drain
from parlour.authorization import differing
from parlour.hub import current
from rooms.consumers import RoomConsumer
from rooms.models import Membership, Room
from rooms.routing import websocket_urlpatterns
from rooms.streams import RoomRegion
from tests.parlour.recording_page import Silent

pytestmark = pytest.mark.django_db(transaction=True)


class Program(Silent):
    """A socket that comes through the middleware, with this secret or query and no origin."""

    def __init__(self, slug="lobby", secret="", query="", path="/ws/rooms/{}/", person=None):
        super().__init__(person, slug)
        self.consumer = type("Through", (RoomConsumer,), {"as_asgi": self.as_asgi})
        self.secret, self.query, self.path = secret, query.encode(), path.format(slug)
        self.status = None

    def as_asgi(self):
        application = tokens.TokenAuthMiddleware(URLRouter(websocket_urlpatterns))

        async def opened(scope, receive, send):
            headers = [each for each in scope["headers"] if each[0] != b"origin"]
            if self.secret:
                headers.append((b"authorization", f"Bearer {self.secret}".encode()))
            ours = {"path": self.path, "query_string": self.query, "headers": headers, "client": ("10.0.0.1", 1)}
            await application(
                {"type": "websocket", "extensions": {"websocket.http.response": {}}, **ours}, receive, send
            )

        return opened

    async def _down(self, event):
        self.status = event.get("status", self.status)
        await super()._down(event)

    def _paint(self):
        self.region = RoomRegion(Room(slug="lobby"))
        return self.document


def make(owner, *rooms, scopes=("read", "post")):
    return tokens.make_token(owner, f"Robot {ApiToken.objects.count()}", scopes, rooms, 90)


async def opened(secret, slug="lobby", **how):
    page = Program(slug, secret, **how)
    await page.__aenter__()
    return page


async def inside(secret, slug="lobby", **how):
    page = await opened(secret, slug, **how)
    await page.send(kind="hello")
    await page.until(lambda: any(f"room-{slug}-met" in frame for frame in page.frames), "an answer to hello")
    return page


async def test_a_token_s_bot_reads_and_posts(ann, lobby):
    secret = await sync_to_async(make)(ann, lobby)
    page = await inside(secret)
    await page.send(kind="say", text="from a program", page="p", acked="0")
    await page.receives("from a program")
    await page.cut()


async def test_a_ticket_opens_one_socket_and_stays_in_no_scope(ann, lobby):
    await sync_to_async(make)(ann, lobby)
    ticket = tokens.new_ticket(await ApiToken.objects.aget())
    page = await inside("", query=f"ticket={ticket}")
    await page.cut()
    again = await opened("", query=f"ticket={ticket}")
    await again.until(lambda: again.status, "a refusal")
    assert again.status == 401


async def test_a_process_that_ends_leaves_a_ticket_to_the_next_one(ann, lobby, monkeypatch):
    await sync_to_async(make)(ann, lobby)
    ticket = tokens.new_ticket(await ApiToken.objects.aget())
    for module in (tokens, drain):
        monkeypatch.setattr(module, "draining", lambda: True)
    page = await opened("", query=f"ticket={ticket}")
    await page.until(lambda: page.status, "a refusal")
    assert page.status == 503
    monkeypatch.undo()
    await (await inside("", query=f"ticket={ticket}")).cut()


@pytest.mark.parametrize(
    ("slug", "scopes", "path"),
    [
        ("team", ["read", "post"], "/ws/rooms/{}/"),
        ("lobby", ["post"], "/ws/rooms/{}/"),
        ("lobby", ["read"], "/ws/alerts/"),
        ("lobby", ["read"], "/ws/home/1/"),
    ],
)
async def test_a_token_opens_no_other_socket(ann, lobby, team, slug, scopes, path):
    secret = await sync_to_async(make)(ann, lobby, scopes=scopes)
    page = await opened(secret, slug, path=path)
    await page.until(lambda: page.status, "a refusal")
    assert page.status == 403
    assert "websocket.accept" not in page.events


async def test_a_wrong_token_is_refused_before_it_is_accepted_however_good_the_cookie(ann, lobby):
    page = await opened("parlour_" + "x" * 43, person=ann)
    await page.until(lambda: page.status, "a refusal")
    assert page.status == 401
    assert "websocket.accept" not in page.events


def revoke(token):
    token.delete()


def deactivate(token):
    token.owner.is_active = False
    token.owner.save()


def ban(token):
    bot = User.objects.get(pk=token.bot_id)
    bot.is_active = False
    bot.save()


def narrow(token):
    ApiToken.objects.filter(pk=token.pk).update(scopes=["post"])
    token.owner.save()


def take_the_room(token):
    token.rooms.clear()
    token.owner.save()


def leave(token):
    Membership.objects.get(person=token.owner).delete()


def delete(token):
    User.objects.get(pk=token.owner.pk).delete()


@pytest.mark.parametrize("end", [revoke, deactivate, ban, narrow, take_the_room, leave, delete])
async def test_its_sockets_end_with_it(ann, team, end, conf):
    conf(TICK=0.1)
    await sync_to_async(Room.objects.filter(pk=team.pk).update)(owner=None)
    secret = await sync_to_async(make)(ann, team)
    page = await inside(secret, "team")
    token = await ApiToken.objects.select_related("owner").aget()
    await sync_to_async(end)(token)
    await page.until(lambda: page.closed, "a close")
    assert page.closed == (4004 if end is leave else 4001)


async def test_its_sockets_end_when_it_expires(ann, lobby, conf):
    conf(TICK=0.1)
    secret = await sync_to_async(make)(ann, lobby)
    await ApiToken.objects.aupdate(expires=timezone.now() + timedelta(seconds=0.5))
    page = await inside(secret)
    await page.until(lambda: page.closed, "a close")
    assert page.closed == 4001


async def test_a_token_that_sql_took_away_is_found_when_all_are_asked_again(ann, lobby):
    secret = await sync_to_async(make)(ann, lobby)
    page = await inside(secret)
    [listener] = current().listeners
    assert await sync_to_async(differing)([listener]) == []
    await ApiToken.objects.aupdate(expires=timezone.now())
    assert await sync_to_async(differing)([listener]) == [listener]
    await page.cut()


async def test_without_the_scope_to_post_a_bot_is_told_that_it_may_not(ann, lobby):
    secret = await sync_to_async(make)(ann, lobby, scopes=["read"])
    page = await inside(secret)
    await page.send(kind="say", text="may I", page="p", acked="0")
    await page.receives("You may not write in this room")
    await page.cut()
