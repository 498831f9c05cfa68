"""Moderation of a room: what is removed, who is restricted, what is reported, and the list of all that was done."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from alerts import Role, add_alert, delete_alerts, notify
from alerts.models import Alert
from parlour import Change, clean, live_write, name_of, rate_limit
from rooms import replies
from rooms.actions import TOO_FAST, ActionRefused, Form, action
from rooms.mentions import worded
from rooms.models import Membership, Message, ModerationAct, Restriction, Room
from rooms.permissions import Rights, rights

LASTS: dict[str, tuple[timedelta | None, Any]] = {
    "minutes": (timedelta(minutes=10), _("10 minutes")),
    "hour": (timedelta(hours=1), _("an hour")),
    "day": (timedelta(days=1), _("a day")),
    "week": (timedelta(weeks=1), _("a week")),
    "always": (None, _("for good")),
}
ACTS = {  # each with who did it, and the person it was about
    "ban": _("{by} banned {person}"),
    "mute": _("{by} muted {person}"),
    "lift": _("{by} lifted what restricted {person}"),
    "remove": _("{by} removed a message of {person}"),
    "report": _("{by} reported a message of {person}"),
    "expel": _("{by} ended the membership of {person}"),
    "admit": _("{by} let {person} in"),
    "slow": _("{by} changed slow mode"),
    "archive": _("{by} archived the room"),
    "reopen": _("{by} opened the room again"),
    "transfer": _("{by} handed the room over to {person}"),
}
REPORT_RATE = "0.02/10"  # messages that one person reports: a second / at once
REPORTED, HANDED_OVER = _("A message in {room} was reported"), _("{actor} handed {room} over to you")


@live_write
def remove(change: Change, messages: Collection[int]) -> None:
    """Delete these messages (primary keys). What they said is gone for good, also where it was quoted and before edits.

    The rows stay and say so: no page would miss one that vanished.
    """
    rows = Message.objects.select_for_update(of=("self",)).select_related("author", "room")
    for row in rows.filter(pk__in=messages, deleted=None).order_by("pk"):
        row.text = row.html = ""
        if row.pinned:
            change.touch(row.room.pins)
        row.quote = row.reactions = row.files = row.pinned = None
        row.deleted = timezone.now()
        change.edit(row, "text", "html", "quote", "reactions", "files", "pinned", "deleted")
        row.revisions.all().delete()
        row.attachments.all().delete()
        replies.requote(change, row)
        delete_alerts(Alert.objects.about(row))


def record(room: Room, by: Any, act: str, person: Any = None, message: Message | None = None, words: Any = "") -> None:
    """Write down what was done, by a name in ACTS, with `words` in the language of the site."""
    words = worded(words, room)[:300]
    ModerationAct.objects.create(room=room, by=by, act=act, person=person, message=message, words=words)


def told(act: ModerationAct) -> SafeString:
    """What was done by whom, as markup."""
    names = ((name_of(person) if person else _("Somebody")) for person in (act.by, act.person))
    by, person = (format_html("<bdi>{}</bdi>", name) for name in names)
    return format_html(str(ACTS.get(act.act, act.act)), by=by, person=person)


def may_be_restricted(person: Any, room: Room) -> bool:
    """Whether somebody can be banned or muted: nobody who manages the room."""
    return not rights(person, room).manage


@transaction.atomic
def restrict(
    room: Room, by: Any, person: Any, kind: str, lasts: str, reason: str = "", message: Message | None = None
) -> None:
    """Ban or mute somebody for a time, a key of LASTS, from now on. Their open pages know it within two seconds."""
    time, label = LASTS[lasts]
    until = timezone.now() + time if time else None
    restricted = {"until": until, "reason": reason}
    Restriction.objects.update_or_create(room=room, person=person, kind=kind, defaults=restricted)
    record(room, by, kind, person, message, f"{worded(label, room)}. {reason}".strip(". "))


@transaction.atomic
def lift(restriction: Restriction, by: Any) -> None:
    """End a ban or a mute before its time."""
    restriction.delete()
    record(restriction.room, by, "lift", restriction.person)


@transaction.atomic
def expel(membership: Membership, by: Any) -> None:
    """End somebody's membership."""
    membership.delete()
    record(membership.room, by, "expel", membership.person)


@transaction.atomic
def set_slow_mode(room: Room, by: Any, seconds: int) -> None:
    """So many seconds lie between two messages of one person who does not manage the room; 0 for none."""
    room.slow_mode = seconds
    room.save(update_fields=["slow_mode"])
    waiting = Restriction.objects.filter(room=room, kind=Restriction.Kind.SLOW)
    waiting._raw_delete(waiting.db)  # nobody's rights change by it
    record(room, by, "slow", words=f"{seconds} s")


@transaction.atomic
def archive(room: Room, by: Any, archived: bool = True) -> None:
    """Make a room one that can only be read and is in no list, or one as before."""
    room.archived = timezone.now() if archived else None
    room.save(update_fields=["archived"])
    record(room, by, "archive" if archived else "reopen")


@transaction.atomic
def transfer(room: Room, by: Any, to: Any) -> None:
    """Make somebody the owner of a room, and tell them."""
    Membership.objects.get_or_create(room=room, person=to)
    Restriction.objects.filter(room=room, person=to).delete()
    room.owner = to
    room.save(update_fields=["owner"])
    record(room, by, "transfer", to)
    notify(to, "member", worded(HANDED_OVER, room), url=room.get_absolute_url(), about=room, actor=by)


@live_write
def report(change: Change, message: Message, by: Any) -> None:
    """Tell the staff and the room's owner of a message, without who reported it; once for each person and message."""
    room = message.room
    if not ModerationAct.objects.filter(by=by, message=message, act="report").exists():
        record(room, by, "report", message.author, message)
    told: list[Any] = [Role("staff")]
    if room.owner and not getattr(room.owner, "is_staff", False) and room.owner_id != message.author_id:
        told.append(room.owner)
    title, url, spared = worded(REPORTED, room), room.site_page("moderation"), [message.author_id]
    add_alert(change, told, "report", title, message.plain, url, message, f"report-{room.pk}", but=spared)


def may_report(person: Any, room: Room, allowed: Rights, message: Message) -> bool:
    """Who reads a message may report it, muted or not; nobody their own."""
    return person.is_authenticated and message.author_id != person.pk and message.deleted is None


@action("report", may_report)
def report_message(person: Any, room: Room, allowed: Rights, message: Message, value: str) -> str:
    """Tell those who look after the site and the room of a message."""
    if not rate_limit("report", person.pk, REPORT_RATE).take():
        raise ActionRefused(TOO_FAST)
    report(message, person)
    return str(_("Thank you. Those who look after this site were told."))


def may_restrict(person: Any, room: Room, allowed: Rights, message: Message) -> bool:
    """Who manages a room may restrict whoever wrote in it and does not."""
    return allowed.manage and may_be_restricted(message.author, room)


@action("restrict", may_restrict)
def restrict_author(person: Any, room: Room, allowed: Rights, message: Message, value: str) -> "str | Form":
    """First a form, then what it says: "mute hour" or "ban always", and why."""
    kind, _space, rest = value.partition(" ")
    lasts, _space, reason = rest.partition(" ")
    name = name_of(message.author)
    if kind not in ("ban", "mute") or lasts not in LASTS:
        times = [(key, label) for key, (_time, label) in LASTS.items()]
        return Form("parlour_rooms/restrict.html", {"message": message, "name": name, "times": times})
    restrict(room, person, message.author, kind, lasts, clean(reason)[:300], message)
    words = _("{name} is banned.") if kind == "ban" else _("{name} is muted.")
    return str(words).format(name=name)
