"""Writing alerts: `notify`, `resolve`, `reword_alerts` and `delete_alerts`."""

from collections.abc import Callable, Collection, Iterable
from functools import partial, wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import F, Model, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone

from alerts import audiences
from alerts.models import Alert, AlertQuerySet, Mark, reference
from parlour import Change, clean, live_write, run

INSERT = """
WITH told (audience) AS (VALUES {}) INSERT INTO parlour_alerts_alert (audience, {})
SELECT audience, {} FROM told WHERE true ON CONFLICT DO NOTHING"""


def add_alert(
    change: Change,
    to: Any,
    kind: str,
    title: str,
    body: str = "",
    url: str = "",
    about: Model | None = None,
    key: str | None = None,
    actor: Any = None,
    but: Collection[Any] = (),
    read_by: Collection[Any] = (),
) -> None:
    """`notify` inside a `live_write` of one's own: the alert is committed with that `change`.

    Alert `to`: a person, several, a Role, or anything with an `audience`.

    `title` and `body` are text, never markup; `{actor}` in a title stands for the name that `actor` has when it is
    read. `url` is a path of this site or an http(s) address; without one, `about.get_absolute_url()` where there is
    such a method. Open alerts of one `kind` and `key` are shown as one line, and a second one of the same `key` and
    `about` is dropped. For people in `but` (primary keys) it is archived from the start, and for an `actor` who is not
    among `to` by name; by people in `read_by` it is read from the start. Raises ValueError for an
    empty title, a kind over 40 or a key over 100 characters, any other `url` and an unknown role, and TypeError for a
    `to` that nobody belongs to. In a transaction it shows after the commit, and on a rollback never.
    """
    title, body, key = clean(title)[:200], clean(body)[:500], key or ""
    if not title:
        raise ValueError("An alert needs a title.")
    if not 0 < len(kind) <= 40 or len(key) > 100:
        raise ValueError("An alert needs a kind of at most 40 characters, and a key has at most 100.")
    fields = {"kind": kind, "title": title, "body": body, "url": checked_url(url), "key": key, "actor": actor}
    names = audiences.named(to)
    _touch(change, names)
    if actor is not None and audiences.person(actor.pk) not in map(audiences.stream, names):
        but = {*but, actor.pk} if any(audiences.may_be_of(name, actor.pk) for name in names) else but
    if names:
        change.then(lambda: _store(names, about, fields, but, read_by))


notify = live_write(add_alert)


@wraps(notify)
async def anotify(*args: Any, **kwargs: Any) -> None:
    """`notify` in asynchronous code."""
    await run(partial(notify, *args, **kwargs))


@live_write
def resolve(change: Change, about: Model | None = None, *, kind: str = "", key: str = "") -> None:
    """Resolve every alert about this object, or of this `kind` and `key`: it leaves all bells, and the counts fall."""
    which = {"about": reference(about)} if about is not None else {"kind": kind, "key": key}
    rows = dict(Alert.objects.open().filter(**which).values_list("pk", "audience"))
    Alert.objects.open().filter(pk__in=rows).update(resolved=timezone.now())  # bells hear of no other one
    _touch(change, rows.values())


@live_write
def reword_alerts(change: Change, about: Model, body: str) -> None:
    """Give every alert about this object another body: nobody is alerted again."""
    alerts = Alert.objects.about(about)
    alerts.update(body=clean(body)[:500])
    _touch(change, set(alerts.values_list("audience", flat=True)))


@live_write
def delete_alerts(change: Change, alerts: AlertQuerySet) -> int:
    """Delete these alerts and their marks; the counts stay right. Returns how many alerts there were."""
    locked = Alert.objects.filter(pk__in=alerts.order_by().values("pk")).order_by("pk").select_for_update()
    rows = dict(locked.values_list("pk", "audience"))  # nobody marks them meanwhile
    if rows:
        doomed = Alert.objects.filter(pk__in=rows)
        Mark.objects.filter(alert__in=doomed.values("pk"))._raw_delete(doomed.db)
        doomed._raw_delete(doomed.db)
        _touch(change, rows.values())
    return len(rows)


def rename_references(old: str, new: str) -> Callable[[Any, Any], None]:
    """For a migration: alerts that are about objects of the model labelled `old` are about those of `new`."""

    def rename(apps: Any, schema_editor: Any) -> None:
        alerts = apps.get_model("parlour_alerts", "Alert").objects.using(schema_editor.connection.alias)
        number = Substr(F("about"), len(old) + 2)
        alerts.filter(about__startswith=f"{old}:").update(about=Concat(Value(f"{new}:"), number))

    return rename


def checked_url(url: str) -> str:
    """`url`, if it is a path of this site or an http(s) address. Raises ValueError."""
    parts = urlsplit(url)
    is_path = url.startswith("/") and not url.startswith(("//", "/\\"))
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    if (url and not (is_path or is_web)) or not url.isprintable() or " " in url or "\\" in url or len(url) > 500:
        raise ValueError(f"An alert can lead to a path of this site or an http(s) address, not to {url[:80]!r}.")
    return url


def _touch(change: Change, names: Iterable[str]) -> None:
    change.touch(*{audiences.stream(name) for name in names})


def _store(
    names: Collection[str], about: Any, fields: dict[str, Any], but: Collection[Any], read_by: Collection[Any]
) -> None:
    """Write the rows. This runs late, when `about` may have got its primary key in the same change."""
    if about is not None and not fields["url"] and hasattr(about, "get_absolute_url"):
        fields["url"] = checked_url(about.get_absolute_url())
    now = timezone.now()
    _insert(names, {**fields, "about": reference(about), "at": now})
    if done := {pk: {"seen": now, "read": now} for pk in read_by} | {
        pk: {"seen": now, "read": now, "archived": now} for pk in but
    }:
        stored = Alert.objects.filter(audience__in=names, about=reference(about), kind=fields["kind"], at=now)
        there = get_user_model()._default_manager.filter(pk__in=done).values_list("pk", flat=True)  # one may be deleted
        reached = ((each, pk) for each in stored for pk in there if audiences.may_be_of(each.audience, pk))
        Mark.objects.bulk_create([Mark(alert=each, person_id=pk, **done[pk]) for each, pk in reached])


def _insert(names: Collection[str], values: dict[str, Any]) -> None:
    """One alert for each of these audiences, in one statement however many they are; what was told before is not."""
    fields: Any = [Alert._meta.get_field(name) for name in values]
    stored = [
        field.get_db_prep_save(getattr(value, "pk", value), connection)
        for field, value in zip(fields, values.values(), strict=True)
    ]
    with connection.cursor() as cursor:
        columns, placeholders = ", ".join(field.column for field in fields), ", ".join(["%s"] * len(fields))
        cursor.execute(INSERT.format(", ".join(["(%s)"] * len(names)), columns, placeholders), [*names, *stored])
