"""What a person may do in a room, asked of the rows as they are now."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, Model, OuterRef, Q
from django.db.models.signals import post_delete
from django.shortcuts import resolve_url
from django.urls import get_script_prefix
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from parlour import Denied, watch_model
from rooms import restrictions
from rooms.models import Membership, Restriction, Room
from rooms.names import guests, is_guest, only_as_member, only_as_members
from rooms.object_rules import Ask, Rule, refuse_coroutine, rule_of, rules


class Rights(NamedTuple):
    """What one person may do in one room. To manage is to change, delete, and decide on members.

    `restriction` is the ban or mute without which they might do more.
    """

    read: bool
    write: bool
    manage: bool
    role: str  # what a page of this person is marked with: `reader`, `guest` or `member`
    restriction: Restriction | None = None


Pair = tuple[Any, int]  # primary keys of a person and a room
READER = Rights(True, False, False, "reader")


def rights(
    person: Any, room: Room, member: bool | None = None, restricted: restrictions.InForce | None = None
) -> Rights:
    """What this person may do in this room; `member` and `restricted` where they are known already."""
    allowed = _rights_by_role(person, room, member)
    if room.archived:
        allowed = allowed._replace(write=False, role="reader")
    if restricted is None:
        restricted = restrictions.in_room(room, [person.pk] if person.is_authenticated else [])
    return restrict(allowed, restrictions.strictest(restricted, room, person))


def restrict(allowed: Rights, restriction: Restriction | None) -> Rights:
    """What is left of these rights. Whoever manages a room is not restricted in it."""
    if restriction is None or allowed.manage or not allowed.read:
        return allowed
    return Rights(restriction.kind != Restriction.Kind.BAN, False, False, "reader", restriction)


def _rights_by_role(person: Any, room: Room, member: bool | None) -> Rights:
    """What somebody may do as the guest, member, owner or one of the staff that they are."""
    active = _may_act(person)
    if room.is_on_object:
        return object_rights(person, room.model, room.thing)
    if only_as_member(person):
        member = _is_member(person, room) if member is None else member
        return Rights(member, active and member, False, "member" if active and member else "reader")
    if is_guest(person):
        invited = Room.Guests.NONE if room.members_only else room.guests
        write = active and invited == Room.Guests.WRITE
        return Rights(invited != Room.Guests.NONE, write, False, "guest" if write else "reader")
    if room.members_only and member is None:
        member = _is_member(person, room)
    read = not room.members_only or bool(member)
    manage = not room.is_direct and (room.owner_id == person.pk or (getattr(person, "is_staff", False) and read))
    return Rights(read, active and read, manage, "member" if active and read else "reader")


def rights_of_all(asked: Collection[tuple[Any, Room]]) -> dict[Pair, Rights]:
    """What each of these people may do in the room beside them; who is a member or restricted is asked once for all."""
    members: set[Pair] = set()
    if unknown := [(person.pk, room.pk) for person, room in asked if needs_membership(person, room)]:
        people, rooms = {person for person, _ in unknown}, {room for _, room in unknown}
        rows = Membership.objects.filter(room__in=rooms, person__in=people)
        members.update(rows.values_list("person", "room"))
    restricting = {room.pk for _, room in asked if room.has_restrictions}
    restricted = restrictions.in_force(restricting, {person.pk for person, _ in asked})
    pairs = {(person.pk, room.pk): (person, room) for person, room in asked}
    return {pair: rights(*each, pair in members, restricted) for pair, each in pairs.items()}


def object_rights(person: Any, model: Any, thing: Any) -> Rights:
    """What this person may do in the room on an object, as the rule of its model says."""
    rule = rule_of(model)
    read = thing is not None and bool(rule.read(person, thing))
    write = read and _may_act(person) and bool(rule.write(person, thing))
    return Rights(read, write, False, "member" if write else "reader")


def needs_membership(person: Any, room: Room) -> bool:
    """Whether what this person may do in this room depends on whether they are a member."""
    return room.members_only or only_as_member(person)


def _is_member(person: Any, room: Room) -> bool:
    return Membership.objects.filter(room=room, person=person).exists()


def _may_act(person: Any) -> bool:
    return person.is_authenticated and person.is_active and not getattr(person, "is_muted", False)


def allow(
    model: type[Model] | str, to: str = "read", *, watch: Sequence[type[Model] | str] = ()
) -> Callable[[Ask], Ask]:
    """Decorate `rule(person, object)`, which says who may read in the rooms on a model's objects, and write.

    A second one, with `to="write"`, says who of these may write. Without any, whoever is signed in may do both. It is
    asked before a socket is accepted, at every message, and whenever the object or a row of a model in `watch` changes.
    """
    if to not in ("read", "write"):
        raise ValueError(f"allow(…, {to!r}): say “read” or “write”.")
    kind = watch_model(model)
    watch_model(kind, [str(kind._meta.model_name)])  # each of its rows has a head
    rule = rules.setdefault(kind, Rule())
    rule.watched += [watch_model(each) for each in watch]
    post_delete.connect(_object_deleted, kind, dispatch_uid="rooms.object_deleted")

    def register(ask: Ask) -> Ask:
        refuse_coroutine(ask)
        setattr(rule, to, ask)
        return ask

    return register


def denied_object(person: Any, back: str) -> Denied:
    """Why somebody may not see the room on an object. The sign-in leads `back`."""
    if person.is_authenticated:
        return Denied(4003, _("You may not see this room."))
    return Denied(4001, format_html(_('<a href="{}">Sign in</a> to see this room.'), sign_in(back)))


def _object_deleted(instance: Model, **_: Any) -> None:
    """A room goes with its object."""
    kind = ContentType.objects.get_for_model(instance)
    for room in Room.objects.filter(content_type=kind, object_id=str(instance.pk)):
        room.delete()


def room_for(person: Any, slug: str, readable: Iterable[Room] = ()) -> tuple[Room, Rights]:
    """The room at this address and what this person may do in it. Raises Denied, in words that say how to get in.

    `readable` are rooms that were just found to be visible to this person: of those nothing is asked again.
    """
    for each in readable:
        if each.slug == slug:
            return each, rights(person, each, member=True)
    room = Room.objects.at(slug)
    if room is None:
        raise no_such_room()
    allowed = rights(person, room)
    if not allowed.read:
        raise denied(person, room, allowed.restriction)
    return room, allowed


def readers(people: Any, room: Room) -> Any:
    """Those of these people who may read the room."""
    allowed = rights_of_all([(person, room) for person in people])
    return [person for person in people if allowed[person.pk, room.pk].read]


def readable(rows: Any) -> Any:
    """Those of a query of rows, each with a `room` and a `person`, whose person may read the room: `rights` of many.

    Rooms on objects are left out: their rules are asked one by one.
    """
    guest, is_open = guests("person__"), Q(room__access=Room.Access.OPEN)
    member = Exists(Membership.objects.filter(room=OuterRef("room"), person=OuterRef("person")))
    is_member = Q(member, room__access__in=Room.MEMBERS_ONLY)
    lets_in = Q(guest, is_open, ~Q(room__guests=Room.Guests.NONE)) | Q(~guest, is_open | is_member)
    alone = only_as_members("person__")
    return rows.filter(Q(~alone, lets_in) | Q(alone, member), ~banned())


def banned() -> Exists:
    """Whether the person of a row is banned from its room, for a query of rows that have both."""
    return Exists(Restriction.objects.bans().filter(room=OuterRef("room"), person=OuterRef("person")))


def denied(person: Any, room: Room, ban: Restriction | None = None) -> Denied:
    """Why not, and what to do; it says nothing of the room but its address, which the asker knows."""
    if ban is not None:
        return Denied(4003, away(restrictions.words(ban)))
    if room.is_on_object and room.thing is None:
        return Denied(4004, away(_("What this room was about is not there any more.")))
    if room.is_on_object:
        return denied_object(person, room.get_absolute_url())
    if room.members_only:
        return no_such_room()
    words = _('Only people with an account can come in here. <a href="{}">Sign in</a>')
    return Denied(4001, format_html(words, sign_in(room.get_absolute_url())))


def no_such_room() -> Denied:
    """The same for a room that is not there and for one that is for others: nobody learns which by guessing."""
    words = _("There is no such room, or only its members can read it. Somebody who looks after it can add you.")
    return Denied(4004, away(words))


def away(words: str) -> SafeString:
    """These words, and a link to the site's first page."""
    return format_html('{} <a href="{}">{}</a>', words, get_script_prefix(), _("To the start"))


def sign_in(back: str) -> str:
    """The address of the project's sign-in, which leads `back`."""
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
