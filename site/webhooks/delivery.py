"""Delivery: in order for each room, at least once, by the processes that run jobs.

A webhook asks what a page asks, "what since?". Its row is all there is of a queue: whoever puts off when it is due
sends one event and moves the cursor. If that process dies, the row gets due by itself, and the event is sent again.
"""

import hmac
import logging
import threading
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from alerts import add_alert
from jobs.progress import closing
from parlour import Change, live_write, name_of, rows_head
from rooms.models import Message
from webhooks.models import Cursor, Webhook, behind
from webhooks.safe_post import post

log = logging.getLogger("parlour")
CLAIM = timedelta(seconds=30)  # more than a delivery takes, with a slow look-up of the name
SHORTEST, LONGEST = timedelta(seconds=5), timedelta(hours=1)  # waits after failures, each as long as they have lasted
GIVE_UP = timedelta(hours=24)  # of failures
GONE = 410
AT_ONCE = 8  # webhooks that this process sends to
_free = threading.Semaphore(AT_ONCE)


def look(**_: Any) -> None:
    """Send what is due, to each webhook from a thread of its own. Called by the tick of processes that run jobs."""
    for pk in Webhook.objects.due().order_by("due").values_list("pk", flat=True)[:AT_ONCE]:
        if _free.acquire(blocking=False):
            threading.Thread(target=_serve, args=[pk], daemon=True, name="webhooks").start()


def _serve(pk: int) -> None:
    try:
        while not closing.is_set() and send_next(pk):
            pass
    except Exception:
        log.exception("webhook %s could not be worked on; a later look tries again", pk)
    finally:
        connections.close_all()
        _free.release()


def send_next(pk: int) -> bool:
    """Send one event, if something is due and nobody was faster. Whether it was taken."""
    due = Webhook.objects.due().filter(pk=pk)  # looks first: reading takes no turn among the writers
    if not due.exists() or not due.update(due=Now() + CLAIM):
        return False
    cursors = behind().filter(webhook=pk).select_related("webhook__owner", "room")
    cursor = cursors.order_by("?").first()  # by chance, so that no room starves another
    news = Message.objects.filter(room=cursor.room_id, changed__gt=cursor.seq) if cursor else Message.objects.none()
    message = news.select_related("author").order_by("changed").first()
    if cursor is None or message is None:
        return False
    if not cursor.webhook.may_read(cursor.room):
        return record(cursor, message, 0, "", f"Its owner may not read “{cursor.room}” any more.")
    if (message.seq or 0) <= cursor.seq and not (message.edited or message.deleted):
        return record(cursor, message, 200, "")  # a reaction or a pin: it still says what was sent before
    number, body = event(cursor, message)
    connections.close_all()  # one that waits for a slow receiver would be missing in the pages' pool
    return record(cursor, message, *post(cursor.webhook.address, body, signed(cursor.webhook.secret, number, body)))


def event(cursor: Cursor, message: Message) -> tuple[str, bytes]:
    """An event as it is sent: its id, and JSON. Who never got a message gets its edit as the posting of it."""
    data = {name: getattr(message, name) for name in ("seq", "text", "html", "created")}
    author: Any = message.author
    data |= {"room": cursor.room.slug, "author": name_of(author), "kind": author.kind}
    kind = "message.posted" if data["seq"] > cursor.seq else "message.edited"
    whole = {"type": kind, "timestamp": timezone.now(), "data": data}
    return f"room-{message.room_id}-{message.changed}", DjangoJSONEncoder().encode(whole).encode()


def signed(secret: str, number: str, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks, https://www.standardwebhooks.com."""
    at = int(timezone.now().timestamp())
    key = b64decode(secret.removeprefix("whsec_"))
    signature = b64encode(hmac.digest(key, f"{number}.{at}.".encode() + body, "sha256")).decode()
    names = {"webhook-id": number, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signature}"}
    return {**names, "content-type": "application/json", "user-agent": "Parlour"}


@live_write
def record(change: Change, cursor: Cursor, message: Message, status: int, words: str, paused: str = "") -> bool:
    """Write down what came of a delivery, and when the next may be tried. Whether it was taken."""
    webhook, now, taken = cursor.webhook, timezone.now(), 200 <= status < 300
    since = None if taken else webhook.failing_since or now
    if taken:
        Cursor.objects.filter(pk=cursor.pk, seq=cursor.seq).update(seq=message.changed)  # unless it was set back
    elif status == GONE or (since and now - since >= GIVE_UP):
        paused = words if status == GONE else f"No delivery succeeded for a day. The last answer: {words}"
    wait = min(max(now - since, SHORTEST), LONGEST) if since else timedelta()
    row = Webhook.objects.filter(pk=webhook.pk, due=webhook.due)  # who resumed it meanwhile hears of the next try
    stops = paused and row.filter(paused="").update(paused=paused[:200])
    row.update(failing_since=since, due=Now() + wait, **({"answer": words, "answered": now} if words else {}))
    change.touch(rows_head(Webhook))
    if stops:
        title, url = "A webhook is paused", reverse("webhooks:list")
        add_alert(change, webhook.owner, "webhook", title, paused, url, about=webhook)
    return taken
