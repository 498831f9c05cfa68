"""Tokens with which programs come in: made, recognized, revoked; and the sockets and tickets they open.

A program acts as a bot, a person of its own. The bot belongs to a members-only room while its owner does, and without
the scope `post` it is muted, so that everything else asks for its rights as for anybody's.
"""

import hashlib
import re
import secrets
from collections.abc import Awaitable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from django.core import signing
from django.db import transaction
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from accounts.backends import closed
from accounts.models import ApiToken, User
from accounts.rates import allows
from parlour import Credential, Denied, Identity, Lease, draining, revoke, run
from rooms.models import Membership, Restriction, Room

SHOWN = 12  # characters of a secret that its owner sees in the list
WRONG_RATE = "0.5/30"  # wrong tokens from one address: a second / at once
TICKET_SALT, TICKET_LASTS = "accounts.ticket", 60  # seconds
TICKET_KEPT = timedelta(minutes=5)  # in which it is known to be used; longer than it lasts, by any clock
USE_NOTED = timedelta(minutes=1)  # apart
ROOM_SOCKET = re.compile(r"/ws/rooms/([a-z0-9-]+)/")
ENDED = "This token is not valid any more, or this room is none of its rooms."


class Refused(Exception):
    """Why a program is refused: an HTTP status, words, and the headers that belong to them."""

    def __init__(self, status: int, words: Any, **headers: str) -> None:
        super().__init__(status)
        self.status, self.words = status, str(words)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@transaction.atomic
def make_token(owner: User, name: str, scopes: Sequence[str], rooms: Collection[Room], days: int) -> str:
    """A new token of this owner, which lasts so many days. Returns the secret, which nobody can learn again."""
    secret = f"parlour_{secrets.token_urlsafe(32)}"
    bot = User(username=f"bot-{secrets.token_hex(8)}", display_name=name, kind=User.Kind.BOT)
    bot.is_muted = ApiToken.Scope.POST not in scopes
    bot.set_unusable_password()
    bot.save()
    until = timezone.now() + timedelta(days=days)
    kept = {"digest": _digest(secret), "prefix": secret[:SHOWN], "scopes": list(scopes), "expires": until}
    ApiToken.objects.create(owner=owner, bot=bot, name=name, **kept).rooms.set(rooms)
    for membership in Membership.objects.filter(person=owner, room__in=rooms):
        Membership.objects.create(person=bot, room_id=membership.room_id)
    for restriction in Restriction.objects.current().exclude(kind=Restriction.Kind.SLOW).filter(person=owner):
        owner_restricted(restriction)
    return secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _usable(**which: Any) -> ApiToken | None:
    token = ApiToken.objects.usable().select_related("owner", "bot").filter(**which).first()
    return token if token and not closed(token.owner) else None


def bearer(authorization: str) -> str:
    """The secret in such a header; "" if it holds something else."""
    kind, _, secret = authorization.partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def authenticate(secret: str, address: str, ticket: str = "") -> ApiToken:
    """The token with this secret, or of this ticket. Raises Refused: 401, from an address that errs too often 429."""
    token = _usable(digest=_digest(secret)) if secret else _of_ticket(ticket)
    if token is None and allows("wrong-token", address, WRONG_RATE):
        raise Refused(401, "Show a token that is valid: “Authorization: Bearer parlour_…”.", WWW_Authenticate="Bearer")
    if token is None:
        raise Refused(429, "Many wrong tokens came from where you are. Wait a little.", Retry_After="60")
    if token.last_used is None or token.last_used < timezone.now() - USE_NOTED:
        ApiToken.objects.filter(pk=token.pk).update(last_used=timezone.now())
    return token


def new_ticket(token: ApiToken) -> str:
    """What opens one socket within a minute, for programs that cannot set a header."""
    return signing.dumps([token.pk, secrets.token_urlsafe(12)], salt=TICKET_SALT)


def _of_ticket(ticket: str) -> ApiToken | None:
    try:
        pk, number = signing.loads(ticket, salt=TICKET_SALT, max_age=TICKET_LASTS)
    except signing.BadSignature:
        return None
    with transaction.atomic():
        return _usable(pk=pk) if Lease.objects.is_first("ticket", number, TICKET_KEPT) else None


@dataclass(frozen=True, slots=True)
class TokenCredential(Credential):
    """A token, by its primary key, at a room."""

    token: int
    slug: str

    def identify(self) -> Identity:
        """The bot, until the token expires. Denied once the token or its scope is gone, or the room is none of its."""
        token = _usable(pk=self.token, rooms__slug=self.slug)
        if token is None or not token.may(ApiToken.Scope.READ):
            raise Denied(4001, ENDED)
        return Identity(token.bot, token.expires)

    @classmethod
    def identify_all(cls, credentials: "Collection[TokenCredential]") -> "dict[TokenCredential, Identity]":
        tokens = ApiToken.objects.usable().select_related("owner", "bot").annotate(slug=F("rooms__slug"))
        found = tokens.filter(pk__in={each.token for each in credentials})
        usable = (each for each in found if each.may(ApiToken.Scope.READ) and not closed(each.owner))
        return {cls(each.pk, each.slug): Identity(each.bot, each.expires) for each in usable}


class TokenAuthMiddleware:
    """ASGI middleware for sockets: whoever comes with `Authorization: Bearer` or `?ticket=` is that token's bot.

    The token opens sockets of its own rooms and no others, and what cookies say is not read. Any other socket passes.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        secret = bearer(dict(scope["headers"]).get(b"authorization", b"").decode("latin1"))
        ticket = parse_qs(scope["query_string"].decode("latin1")).get("ticket", [""])[0]
        if draining() or not (secret or ticket):  # a process that ends leaves a ticket to the next one
            return self.application(scope, receive, send)  # awaited here, it would take a step more for each event
        return self._identified(secret, ticket, scope, receive, send)

    async def _identified(self, secret: str, ticket: str, scope: Any, receive: Any, send: Any) -> None:
        try:
            address = (scope.get("client") or [""])[0]
            credential = await run(_socket_credential, secret, ticket, address, scope["path"])
        except Refused as why:
            await receive()
            return await _refuse(why, scope, send)
        return await self.application({**scope, "query_string": b"", "credential": credential}, receive, send)


def _socket_credential(secret: str, ticket: str, address: str, path: str) -> TokenCredential:
    token, room = authenticate(secret, address, ticket), ROOM_SOCKET.fullmatch(path)
    if not room or not token.may(ApiToken.Scope.READ) or not token.rooms.filter(slug=room[1]).exists():
        raise Refused(403, "This token may not open this socket.")
    return TokenCredential(token.pk, room[1])


async def _refuse(why: Refused, scope: Any, send: Any) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):  # such as daphne, which says 403
        return await send({"type": "websocket.close"})
    headers = [(name.lower().encode(), value.encode()) for name, value in why.headers.items()]
    await send({"type": "websocket.http.response.start", "status": why.status, "headers": headers})
    return await send({"type": "websocket.http.response.body", "body": why.words.encode()})


@receiver(post_save, sender=User)
def owner_changed(instance: User, created: bool, update_fields: Any = None, **kwargs: Any) -> None:
    """Sockets of a person's bots are authorized anew with their own."""
    if not created and set(update_fields or ()) != {"last_login"}:
        revoke(*instance.api_tokens.values_list("bot", flat=True))


@receiver(post_delete, sender=Membership)
def owner_left(instance: Membership, **kwargs: Any) -> None:
    """A person's bots leave a room with them. Like people they are in it again when somebody adds them."""
    Membership.objects.filter(room=instance.room_id, person__api_token__owner=instance.person_id).delete()


@receiver(post_save, sender=Restriction)
def owner_restricted(instance: Restriction, **kwargs: Any) -> None:
    """A person's bots are banned or muted in a room with them."""
    same = {"until": instance.until, "reason": instance.reason}
    for bot in User.objects.filter(api_token__owner=instance.person_id):
        Restriction.objects.update_or_create(room=instance.room, person=bot, kind=instance.kind, defaults=same)


@receiver(post_delete, sender=Restriction)
def owner_not_restricted(instance: Restriction, **kwargs: Any) -> None:
    """They are allowed again with them."""
    bots = User.objects.filter(api_token__owner=instance.person_id)
    Restriction.objects.filter(room=instance.room_id, person__in=bots, kind=instance.kind).delete()


@receiver(post_delete, sender=ApiToken)
def token_deleted(instance: ApiToken, **kwargs: Any) -> None:
    """A token that was revoked, or went with its owner: what its bot said stays, the bot does not come back."""
    Membership.objects.filter(person=instance.bot_id).delete()
    for bot in User.objects.filter(pk=instance.bot_id):
        bot.is_active = False
        bot.save()
