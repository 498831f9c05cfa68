"""What staff do about visitors, and a desk: a visitor's conversation with the staff, who are alerted until one answers.

Whoever of the staff is assigned is alerted alone from then on.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from alerts import Kind, Role, add_alert, audiences, delete_alerts, notify, resolve
from alerts.models import Alert
from parlour import Change, live_write
from rooms.models import Membership, Message, Room
from rooms.reading import readers_now
from widgets import models
from widgets.models import Visitor, Widget

ASKED = Kind("visitor", _("A visitor writes at a desk"), role="staff")


def posted(change: Change, rows: Sequence[Message], **_: Any) -> None:
    """What a visitor writes at a desk brings the staff in and alerts them; what one of the staff writes answers it."""
    rows = [row for row in rows if row.room.members_only and (row.author.is_staff or row.author.only_as_member)]
    if not rows:
        return
    at_desks = Visitor.objects.select_related("widget", "assigned").filter(room__in={row.room_id for row in rows})
    visitors = {visitor.room_id: visitor for visitor in at_desks}
    for row in rows:
        visitor = visitors.get(row.room_id)
        if visitor is not None and row.author_id == visitor.user_id:
            _call_staff(change, visitor, row)
        elif visitor is not None and row.author.is_staff:
            _staff_answered(row)


def _call_staff(change: Change, visitor: Visitor, row: Message) -> None:
    members = Membership.objects.filter(room=row.room_id).values("person")
    if missing := list(staff().exclude(pk__in=members).values_list("pk", flat=True)):
        new = [Membership(room=row.room, person_id=pk) for pk in missing]
        change.then(lambda: Membership.objects.bulk_create(new, ignore_conflicts=True))
    _alert(change, visitor, row)


def _alert(change: Change, visitor: Visitor, row: Message) -> None:
    add_alert(
        change,
        visitor.assigned or Role("staff"),
        ASKED.name,
        f"{{actor}} writes at {visitor.widget.title}",
        row.plain,
        about=row.room,
        key=_key(row.room_id),
        actor=row.author,
        read_by=readers_now(row.room),
    )


@live_write
def _ask(change: Change, visitor: Visitor) -> None:
    """Alert all of the staff of what a visitor wrote last, as nobody looks after them any more."""
    if row := Message.objects.newest(visitor.room_id or 0):
        visitor.assigned = None
        _alert(change, visitor, row)


def _staff_answered(row: Message) -> None:
    """Resolve the alerts after the commit; what fails then must not have the message taken for unsaid."""
    transaction.on_commit(lambda: resolve_alerts(row.room_id), robust=True)


def _key(room: int) -> str:
    return f"desk-{room}"


def staff() -> Any:
    """Those who may look after a desk."""
    return User.objects.filter(is_staff=True, is_active=True).order_by("username")


def with_last_author(rows: Any) -> Any:
    """These visitors, each with `last_author`: the id of who wrote last in their conversation, or None."""
    newest = Message.objects.filter(room=OuterRef("room"), seq__isnull=False).order_by("-seq")
    return rows.annotate(last_author=Subquery(newest.values("author")[:1]))


def staff_changed(instance: User, update_fields: Any = None, **_: Any) -> None:
    """Who is about to be none of the staff any more leaves the desks; whom they looked after is everybody's again."""
    if instance.is_staff and instance.is_active:
        return
    if _may_differ(update_fields) and staff().filter(pk=instance.pk).exists():
        Membership.objects.filter(person=instance.pk, room__visitor__isnull=False).delete()
        theirs = with_last_author(Visitor.objects.with_related().filter(assigned=instance.pk, user__is_active=True))
        waiting = [visitor for visitor in theirs if visitor.last_author == visitor.user_id]
        Visitor.objects.filter(assigned=instance.pk).update(assigned=None)
        delete_alerts(Alert.objects.filter(kind=ASKED.name, audience=audiences.person(instance.pk)))
        for visitor in waiting:
            _ask(visitor)


def staff_joined(instance: User, update_fields: Any = None, **_: Any) -> None:
    """Who has become one of the staff belongs to the conversations that the others have."""
    if _may_differ(update_fields) and instance.is_staff and instance.is_active:
        begun = Exists(Message.objects.filter(room=OuterRef("pk")))
        missing = Room.objects.filter(begun, visitor__isnull=False).exclude(members=instance)
        rows = [Membership(room=room, person=instance) for room in missing]
        Membership.objects.bulk_create(rows, ignore_conflicts=True)


def _may_differ(update_fields: Any) -> bool:
    """Whether a save that writes these fields (None: all) can make somebody one of the staff, or none of them."""
    return update_fields is None or not {"is_staff", "is_active"}.isdisjoint(update_fields)


def resolve_alerts(room: int) -> None:
    """Nobody has to be alerted of a conversation any more until the visitor writes again."""
    resolve(kind=ASKED.name, key=_key(room))


def restrict(visitor: Visitor, muted: bool = False, banned: bool = False) -> None:
    """Say what a visitor may not do: write, or come at all, however they come. Open pages know it in two seconds."""
    visitor.user.is_muted, visitor.user.is_active = muted, not banned
    visitor.user.save(update_fields=["is_muted", "is_active"])
    if banned and visitor.room_id:
        resolve_alerts(visitor.room_id)


def close(widget: Widget) -> None:
    """Delete a widget; nobody is called to its visitors any more."""
    rooms = [*widget.visitors.exclude(room=None).values_list("room", flat=True)]
    models.delete(widget)
    waiting = {*Alert.objects.open().filter(kind=ASKED.name).values_list("key", flat=True)}
    for room in rooms:
        if _key(room) in waiting:
            resolve_alerts(room)


def hand_over(visitor: Visitor, to: User, by: Any) -> None:
    """Have one of the staff look after a visitor's conversation at a desk, and tell them so."""
    room: Any = visitor.room
    Visitor.objects.filter(pk=visitor.pk).update(assigned=to)
    Membership.objects.get_or_create(room=room, person=to)
    resolve_alerts(room.pk)
    if to != by:
        title = f"{{actor}} handed {visitor.user.name} over to you"
        notify([to], ASKED.name, title, about=room, key=_key(room.pk), actor=by)
