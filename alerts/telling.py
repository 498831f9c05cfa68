"""Telling, and taking back what no longer matters."""

from collections.abc import Collection, Iterable
from functools import partial, wraps
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Model
from django.utils import timezone

from alerts import audiences
from alerts.models import Alert, AlertQuerySet, Mark
from parlour import Change, clean, live_write
from parlour.database import run


def tell(
    change: Change,
    to: Any,
    kind: str,
    title: str,
    body: str = "",
    url: str = "",
    about: Model | None = None,
    key: str | None = None,
    actor: Any = None,
    but: Collection[int] = (),
) -> None:
    """`notify` for a deed of one's own: what it tells is committed with that deed's change.

    Tell `to` (a person, several, a Role, or anything with an `audience`) something, at once and everywhere.

    `title` and `body` are text, never markup; `{actor}` in a title stands for the name that `actor`, who did it, has
    when it is read. `url` is an address of this site, or http(s); ValueError else. With none it leads to `about`, if
    that has an address. For those in `but` (primary keys) it counts as dealt with. Open alerts of one `key` are
    shown as one line, and the same `key` and `about` is told once. Inside a transaction it is told after the commit,
    and on a rollback never.
    """
    title, body, key = clean(title)[:200], clean(body)[:500], key or ""
    if not title:
        raise ValueError("An alert needs a title.")
    if not 0 < len(kind) <= 40 or len(key) > 100:
        raise ValueError("An alert needs a kind of at most 40 characters, and a key has at most 100.")
    event = {"kind": kind, "title": title, "body": body, "url": checked(url), "key": key}
    names = audiences.named(to)
    _touch(change, names)
    change.then(lambda: _store(names, about, set(but), {**event, "actor": actor, "at": timezone.now()}))


notify = live_write(tell)


@wraps(notify)
async def anotify(*args: Any, **kwargs: Any) -> None:
    """`notify` in asynchronous code."""
    await run(partial(notify, *args, **kwargs))


@live_write
def settle(change: Change, about: Model) -> None:
    """Settle every alert about this: it was dealt with. The counts of all who were told fall."""
    alerts = Alert.objects.open().filter(about=named(about))
    names = set(alerts.values_list("audience", flat=True))
    alerts.update(settled=timezone.now())
    _touch(change, names)


@live_write
def forget(change: Change, alerts: AlertQuerySet) -> int:
    """Delete these alerts and their marks. Returns how many; the counts of all who had not seen them fall."""
    rows = dict(alerts.order_by().values_list("pk", "audience"))
    gone = Alert.objects.filter(pk__in=rows)
    Mark.objects.filter(alert__in=gone.values("pk"))._raw_delete(gone.db)
    gone._raw_delete(gone.db)
    _touch(change, rows.values())
    return len(rows)


def _touch(change: Change, names: Iterable[str]) -> None:
    for name in {audiences.head(name) for name in names}:
        change.touch(name)


def _store(names: Collection[str], about: Any, but: Collection[int], event: dict[str, Any]) -> None:
    """Write the rows, when what they are about has its own; for those in `but` they are archived from the start."""
    if about is not None and not event["url"] and hasattr(about, "get_absolute_url"):
        event["url"] = checked(about.get_absolute_url())
    alerts = [Alert(audience=name, about=named(about), **event) for name in names]
    Alert.objects.bulk_create(alerts, ignore_conflicts=bool(event["key"]))
    if but:
        done = dict.fromkeys(("seen", "read", "archived"), event["at"])
        stored = Alert.objects.filter(audience__in=names, about=named(about), kind=event["kind"], at=event["at"])
        Mark.objects.bulk_create([Mark(alert=alert, person_id=pk, **done) for alert in stored for pk in but])


def named(about: Model | None) -> str:
    """What an alert is about, as its row keeps it: "shop.order:5"."""
    return f"{about._meta.label_lower}:{about.pk}" if about is not None else ""


def checked(url: str) -> str:
    """`url`, if a reader may be sent there: a path of this site, or an http(s) address. Raises ValueError."""
    parts = urlsplit(url)
    ours = url.startswith("/") and not url.startswith(("//", "/\\"))
    theirs = parts.scheme in ("http", "https") and bool(parts.netloc)
    if (url and not (ours or theirs)) or any(ord(sign) <= 32 or sign == "\\" for sign in url) or len(url) > 500:
        raise ValueError(f"An alert can lead to a path of this site or an http(s) address, not to {url[:80]!r}.")
    return url
