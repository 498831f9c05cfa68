"""Telling, and taking back what no longer matters."""

from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.db.models import Model
from django.utils import timezone

from alerts import audiences
from alerts.models import Alert
from parlour.changes import Change, deed


@deed
def notify(
    change: Change,
    to: Any,
    kind: str,
    title: str,
    body: str = "",
    url: str = "",
    about: Model | None = None,
    key: str | None = None,
    actor: Any = None,
) -> None:
    """Tell `to` (a person, several, a Role, or anything with an `audience`) something, at once and everywhere.

    `title` and `body` are text, never markup. `url` is an address of this site, or http(s); ValueError else.
    Open alerts of one `key` are shown as one line, and the same `key` and `about` is told once. Inside a
    transaction it is told after the commit, and on a rollback never.
    """
    if not title.strip():
        raise ValueError("An alert needs a title.")
    event = {"kind": kind, "title": title[:200], "body": body[:500], "url": checked(url), "key": key or "", "actor": actor}
    names = audiences.named(to)
    alerts = [Alert(audience=name, at=timezone.now(), about=named(about), **event) for name in names]
    Alert.objects.bulk_create(alerts, ignore_conflicts=bool(key))
    for name in names:
        change.touch(name)


anotify = sync_to_async(notify, thread_sensitive=False)


@deed
def settle(change: Change, about: Model) -> None:
    """Settle every alert about this: it was dealt with, or it is gone. The counts of all who were told fall."""
    alerts = Alert.objects.open().filter(about=named(about))
    names = set(alerts.values_list("audience", flat=True))
    alerts.update(settled=timezone.now())
    for name in names:
        change.touch(name)


def named(about: Model | None) -> str:
    """What an alert is about, as its row keeps it: "shop.order:5"."""
    return f"{about._meta.label_lower}:{about.pk}" if about is not None else ""


def checked(url: str) -> str:
    """`url`, if a reader may be sent there: a path of this site, or an http(s) address. Raises ValueError."""
    parts = urlsplit(url)
    ours = url.startswith("/") and not url.startswith(("//", "/\\"))
    theirs = parts.scheme in ("http", "https") and bool(parts.netloc)
    if url and not (ours or theirs) or any(ord(sign) <= 32 or sign == "\\" for sign in url) or len(url) > 500:
        raise ValueError(f"An alert can lead to a path of this site or an http(s) address, not to {url[:80]!r}.")
    return url
