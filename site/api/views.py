"""What the API answers to a token that was recognized and has the scope: a status, and JSON."""

import hashlib
import re
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import ApiToken
from accounts.tokens import TICKET_LASTS, Refused, new_ticket
from alerts import Role, notify
from api.endpoint import texts_of
from parlour import Head, rate_limit
from rooms.file_views import file_of
from rooms.markup import TextRejected, clean_text
from rooms.models import Attachment, Message, Room, room_key
from rooms.permissions import rights
from rooms.posting import COMMIT_WITHIN, TOO_FAST, submit
from rooms.restrictions import Kind, Restricted, seconds_left
from rooms.search import search
from rooms.send_once import NumberedText
from widgets.visitors import find

MOST = 100  # messages in one answer
NOTIFY_RATE = "0.1/10"  # to one role or person by one token: a second / at once
CURSOR = re.compile(r"([0-9a-f]{1,16})\.([0-9]{1,18})")
Answer = tuple[int, dict[str, Any]]


def rooms(request: HttpRequest, token: ApiToken) -> Answer:
    """The rooms of the token that its bot may read."""
    own = Room.objects.visible_to(token.bot).filter(pk__in=token.rooms.values("pk")).order_by("title", "pk")
    listed = [{"slug": room.slug, "title": room.title, "about": room.about, "url": _url(request, room)} for room in own]
    return 200, {"rooms": listed}


def read(request: HttpRequest, token: ApiToken, slug: str) -> Answer:
    """What is new or changed since a cursor, in that order; without one the newest, and a cursor to go on with."""
    room, since = _room(token, slug), request.GET.get("since")
    epoch = Head.objects.epoch()
    head = Head.objects.filter(name=room.stream).values_list("seq", flat=True).first() or 0  # before the rows
    rows = Message.objects.filter(room=room, seq__isnull=False).select_related("author")
    if since is None:
        found, more = list(rows.order_by("-seq")[:MOST])[::-1], False
    else:
        seen = 0 if since == "0" else _seen(since, epoch, head)
        found = list(rows.filter(changed__gt=seen).order_by("changed")[: MOST + 1])
        found, more = found[:MOST], len(found) > MOST
        head = (found and found[-1].changed) or head
    listed = [_shown(request, token, room, row) for row in found]
    return 200, {"messages": listed, "cursor": f"{epoch:x}.{head}", "more": more}


def search_messages(request: HttpRequest, token: ApiToken) -> Answer:
    """The newest messages with all words of `q`, in the rooms of the token that its bot may read, the newest first."""
    rows = search(token.bot, request.GET.get("q", "")).filter(room__in=token.rooms.values("pk"))[:MOST]
    listed = [{"room": row.room.slug, **_shown(request, token, row.room, row)} for row in rows]
    return 200, {"messages": listed}


def post(request: HttpRequest, token: ApiToken, slug: str) -> Answer:
    """Post as the bot: 201, or 200 for a repeat of a key, which takes the place of the number a page gives a text."""
    room, text = _room(token, slug), _text(request)
    key = _hashed(request.headers.get("Idempotency-Key") or request.headers.get("Webhook-Id", ""))
    try:
        if earlier := next(iter(Message.objects.numbered([(token.bot_id, key, 1)] if key else ())), None):
            was = clean_text(text) if earlier.edited or earlier.deleted else earlier.text  # it may have said that
            if (earlier.room_id, was) != (room.pk, clean_text(text)):
                raise Refused(422, "Another text was sent with this Idempotency-Key.")
            return 200, _shown(request, token, room, earlier)
        [row] = submit(token.bot, room.pk, [NumberedText(key, int(bool(key)), text)]).result(COMMIT_WITHIN)
        if isinstance(row, TextRejected):
            raise row
    except TimeoutError:
        words = "It is not known yet whether it was posted. Send it again with the same Idempotency-Key."
        raise Refused(503, words, Retry_After="5") from None
    except TextRejected as why:
        if why.args[0] is TOO_FAST:
            raise Refused(429, why, Retry_After="1") from None
        if isinstance(why, Restricted) and why.restriction.kind == Kind.SLOW:
            raise Refused(429, why, Retry_After=str(seconds_left(why.restriction.until))) from None
        raise Refused(422 if rights(token.bot, room).write else 403, why) from None
    return 201, _shown(request, token, room, row)


def file(request: HttpRequest, token: ApiToken, slug: str, pk: int) -> tuple[int, HttpResponse]:
    """A file in a message."""
    try:
        return 200, file_of(request, Attachment.objects.filter(room=_room(token, slug), pk=pk))
    except Http404:
        raise Refused(404, "There is no such file.") from None


def notify_role(request: HttpRequest, token: ApiToken, role: str) -> Answer:
    """Alert everybody with a role."""
    try:
        Role(role).audience  # noqa: B018  it may not exist
    except ValueError:
        raise Refused(404, "There is no such role.") from None
    _notify(request, token, Role(role))
    return 200, {"role": role}


def notify_visitor(request: HttpRequest, token: ApiToken, widget: str, subject: str) -> Answer:
    """Alert whom the site of a widget knows by this name, once they have been there."""
    person = find(widget, subject) if f"{widget}{subject}".isprintable() else None  # PostgreSQL looks for no NUL
    if person is None:
        raise Refused(404, "There is no such widget, or nobody of this name has been there.")
    _notify(request, token, person)
    return 200, {"subject": subject}


def _notify(request: HttpRequest, token: ApiToken, to: Any) -> None:
    """While the alert is open, once for each Idempotency-Key."""
    title, text, url = texts_of(request, "title", "text", "url")
    if not rate_limit("notify", (token.pk, str(to)), NOTIFY_RATE).take():
        raise Refused(429, "Many alerts came from this program. Wait a little.", Retry_After="10")
    key = _hashed(request.headers.get("Idempotency-Key", ""))
    try:
        notify(to, "program", title, text, url, actor=token.bot, key=key and f"{token.pk}/{key}")
    except ValueError as why:
        raise Refused(422, why) from None


def ticket(request: HttpRequest, token: ApiToken) -> Answer:
    """A ticket for one socket."""
    return 200, {"ticket": new_ticket(token), "seconds": TICKET_LASTS}


def _room(token: ApiToken, slug: str) -> Room:
    """A room of the token's that its bot may still read; any other one is as unknown as one that is not there."""
    room = token.rooms.filter(slug=slug).first()
    if room is None or not rights(token.bot, room).read:
        raise Refused(404, "This token has no such room.")
    return room


def _text(request: HttpRequest) -> str:
    if request.content_type not in ("text/plain", "text/markdown"):
        return texts_of(request, "text")[0]
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        raise Refused(400, "The text has to be UTF-8.") from None


def _hashed(key: str) -> str:
    """A key in the form of a page's id; "" stays."""
    return key and hashlib.sha256(key.encode()).hexdigest()[:40]


def _seen(cursor: str, epoch: int, head: int) -> int:
    parts = CURSOR.fullmatch(cursor)
    if not parts or int(parts[1], 16) != epoch or int(parts[2]) > head:
        raise Refused(410, "This cursor is of no use any more. Ask without one, and go on from there.")
    return int(parts[2])


def _shown(request: HttpRequest, token: ApiToken, room: Room, row: Message) -> dict[str, Any]:
    """A message of this room."""
    row.room, author = room, cast(Any, row.author)
    shown = {"id": row.pk, "author": author.name, "kind": author.kind, "own": author.pk == token.bot_id}
    shown |= {"text": row.text, "created": row.created, "edited": bool(row.edited)}
    shown |= {"deleted": bool(row.deleted)}
    files = [_described(request, room, **each) for each in row.files or ()]
    return {**shown, "files": files, "url": request.build_absolute_uri(row.get_absolute_url())}


def _described(request: HttpRequest, room: Room, pk: int, name: str, type: str, size: int, **_: Any) -> dict[str, Any]:  # noqa: A002
    url = request.build_absolute_uri(reverse("api:file", args=[room.slug, pk]))
    return {"name": name, "type": type, "size": size, "url": url}


def _url(request: HttpRequest, room: Room) -> str:
    """The page of a room, at its messages."""
    return f"{request.build_absolute_uri(room.get_absolute_url())}#{room_key(room.slug)}"
