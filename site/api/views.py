"""What the API answers, for a token that was recognized and has the scope."""

import hashlib
import re
from typing import Any

from django.http import HttpRequest, JsonResponse

from accounts.models import ApiToken
from accounts.tokens import TICKET_LASTS, Refused, new_ticket
from alerts import Role, notify
from api.endpoint import body, text_field
from parlour import Head, rate_limit
from rooms.consumers import COMMIT_WITHIN
from rooms.markup import TextRejected, clean_text
from rooms.models import Message, Room
from rooms.permissions import rights
from rooms.posting import TOO_FAST, submit
from rooms.send_once import NumberedText

MOST = 100  # messages in one answer
NOTIFY_RATE = "0.1/10"  # by one token: a second / at once
CURSOR = re.compile(r"([0-9a-f]{1,16})\.([0-9]{1,18})")


def rooms(request: HttpRequest, token: ApiToken) -> JsonResponse:
    """The rooms of the token that its bot may read."""
    own = Room.objects.visible_to(token.bot).filter(pk__in=token.rooms.values("pk")).order_by("title", "pk")
    return JsonResponse(
        {
            "rooms": [
                {"slug": room.slug, "title": room.title, "about": room.about, "url": _url(request, room)}
                for room in own
            ]
        }
    )


def messages(request: HttpRequest, token: ApiToken, slug: str) -> JsonResponse:
    """What is new or changed since a cursor, in that order; without one the newest, and a cursor to go on with."""
    room = _room(token, slug)
    epoch, head = Head.objects.epoch(), _head(room.stream)  # before the rows: a cursor is never ahead of them
    rows = Message.objects.filter(room=room, seq__isnull=False).select_related("author")
    since = request.GET.get("since")
    if since is None:
        found, more = list(rows.order_by("-seq")[:MOST])[::-1], False
    else:
        seen = 0 if since == "0" else _seen(since, epoch, head)
        found = list(rows.filter(changed__gt=seen).order_by("changed")[: MOST + 1])
        more, found = len(found) > MOST, found[:MOST]
        head = found[-1].changed or 0 if more else max([head, *(row.changed or 0 for row in found)])
    listed = [_shown(request, token, room, row) for row in found]
    return JsonResponse({"messages": listed, "cursor": f"{epoch:x}.{head}", "more": more})


def post_message(request: HttpRequest, token: ApiToken, slug: str) -> JsonResponse:
    """Post a text once for each Idempotency-Key."""
    [text] = text_field(request, "text")
    return _post(request, token, slug, text, request.headers.get("Idempotency-Key", ""))


def hook(request: HttpRequest, token: ApiToken, slug: str) -> JsonResponse:
    """The same for what sends webhooks: the body is the text, or JSON that has one."""
    key = request.headers.get("Idempotency-Key") or request.headers.get("Webhook-Id", "")
    if request.content_type == "application/json":
        [text] = text_field(request, "text")
        return _post(request, token, slug, text, key)
    if request.content_type not in ("text/plain", "text/markdown"):
        raise Refused(415, "Send text/plain, text/markdown, or application/json with a “text”.")
    try:
        return _post(request, token, slug, body(request).decode(), key)
    except UnicodeDecodeError:
        raise Refused(400, "The text has to be UTF-8.") from None


def notify_role(request: HttpRequest, token: ApiToken, role: str) -> JsonResponse:
    """Alert everybody with a role; while the alert is open, once for each Idempotency-Key."""
    title, text, url = text_field(request, "title", "text", "url")
    try:
        audience = Role(role).audience
    except ValueError:
        raise Refused(404, "There is no such role.") from None
    if not rate_limit("notify", token.pk, NOTIFY_RATE).take():
        raise Refused(429, "Many alerts came from this program. Wait a little.", Retry_After="10")
    key = _numbered(request.headers.get("Idempotency-Key", ""))
    try:
        notify(Role(audience), "program", title, text, url, actor=token.bot, key=key and f"{token.pk}/{key}")
    except ValueError as why:
        raise Refused(422, why) from None
    return JsonResponse({"role": audience})


def ticket(request: HttpRequest, token: ApiToken) -> JsonResponse:
    """A ticket for one socket."""
    return JsonResponse({"ticket": new_ticket(token), "seconds": TICKET_LASTS})


def _room(token: ApiToken, slug: str) -> Room:
    """A room of the token's that its bot may still read. A room of others is as unknown as one that is not there."""
    room = token.rooms.filter(slug=slug).first()
    if room is None or not rights(token.bot, room).read:
        raise Refused(404, "This token has no such room.")
    return room


def _post(request: HttpRequest, token: ApiToken, slug: str, text: str, key: str) -> JsonResponse:
    """Post as the bot: 201, or 200 for a repeat. The key takes the place of the number that a page gives a text."""
    room, page = _room(token, slug), _numbered(key)
    try:
        if earlier := next(iter(Message.objects.numbered([(token.bot_id, page, 1)] if page else ())), None):
            if (earlier.room_id, earlier.text) != (room.pk, clean_text(text)):
                raise Refused(422, "Another text was sent with this Idempotency-Key.")
            return JsonResponse(_shown(request, token, room, earlier))
        [row] = submit(token.bot, room.pk, [NumberedText(page, int(bool(page)), text)]).result(COMMIT_WITHIN)
        if isinstance(row, TextRejected):
            raise row
    except TextRejected as why:
        if why.args[0] is TOO_FAST:
            raise Refused(429, why, Retry_After="1") from None
        raise Refused(422 if rights(token.bot, room).write else 403, why) from None
    return JsonResponse(_shown(request, token, room, row), status=201)


def _numbered(key: str) -> str:
    """A key as the id of a page; "" stays."""
    return key and hashlib.sha256(key.encode()).hexdigest()[:40]


def _head(stream: str) -> int:
    return Head.objects.filter(name=stream).values_list("seq", flat=True).first() or 0


def _seen(cursor: str, epoch: int, head: int) -> int:
    parts = CURSOR.fullmatch(cursor)
    if not parts or int(parts[1], 16) != epoch or int(parts[2]) > head:
        raise Refused(410, "This cursor is of no use any more. Ask without one, and go on from there.")
    return int(parts[2])


def _shown(request: HttpRequest, token: ApiToken, room: Room, row: Message) -> dict[str, Any]:
    row.room = room
    author: Any = row.author
    return {
        "id": row.pk,
        "author": author.name,
        "kind": author.kind,
        "own": author.pk == token.bot_id,
        "text": row.text,
        "created": row.created,
        "edited": row.changed != row.seq,
        "url": _url(request, row),
    }


def _url(request: HttpRequest, thing: Room | Message) -> str:
    return request.build_absolute_uri(thing.get_absolute_url())
