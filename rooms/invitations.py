"""How people become members: they are added, have the link of an invitation, or ask those who look after a room."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from alerts import Role, notify
from rooms.mentions import worded
from rooms.models import Invitation, JoinRequest, Membership, ModerationAct, Restriction, Room
from rooms.moderation import record
from rooms.names import is_guest
from rooms.permissions import rights

DAYS = {1: _("A day"), 7: _("A week"), 30: _("30 days")}
ASKS, ADDED = _("{actor} asks to join {room}"), _("{actor} added you to {room}")


def tell_new_member(membership: Membership, by: Any) -> None:
    """Alert somebody that `by` added them to a room. The alert goes with the membership."""
    if membership.person_id != by.pk:
        room, url = membership.room, membership.room.get_absolute_url()
        notify(membership.person, "member", worded(ADDED, room), url=url, about=membership, actor=by)


def invite(room: Room, by: Any, days: int, most: int | None = None) -> Invitation:
    """A new link to the room for so many days and at most so many people (None: any number)."""
    until = timezone.now() + timedelta(days=days)
    return Invitation.objects.create(room=room, by=by, token=get_random_string(32), expires=until, most=most)


def usable() -> "QuerySet[Invitation]":
    """The invitations by which somebody may still come in."""
    is_left = Q(most=None) | Q(used__lt=F("most"))
    return Invitation.objects.filter(is_left, revoked=None, expires__gt=Now(), room__archived=None)


@transaction.atomic
def accept(invitation: Invitation, person: Any) -> bool:
    """Make somebody with an account a member, and count it. Whether they are one.

    They are not if they are banned, or were removed since the invitation was made.
    """
    room = invitation.room
    removed = ModerationAct.objects.filter(room=room, person=person, act="expel", at__gte=invitation.created)
    if is_guest(person) or Restriction.objects.bans().filter(room=room, person=person).exists():
        return False
    held = usable().select_for_update(of=("self",)).filter(pk=invitation.pk).first()
    if room.memberships.filter(person=person).exists():  # their first click may have been what used it up
        return True
    if held is None or removed.exists():
        return False
    _membership, fresh = Membership.objects.get_or_create(room=room, person=person)
    held.used += fresh  # it may be their second click
    held.save(update_fields=["used"])
    return True


def ask_to_join(person: Any, slug: str, words: str = "") -> None:
    """Ask those who look after the members-only room at this address. Nobody can tell whether there is one."""
    room = Room.objects.filter(slug=slug, access=Room.Access.MEMBERS, archived=None).first()
    banned = Restriction.objects.bans().filter(room=room, person=person)
    if room is None or is_guest(person) or rights(person, room).read or banned.exists():
        return
    asked, fresh = JoinRequest.objects.get_or_create(room=room, person=person, defaults={"words": words})
    if fresh:
        to = room.owner if room.owner and room.owner.is_active else Role("staff")
        url = room.site_page("members")
        notify(to, "join", worded(ASKS, room), words, url, about=asked, actor=person)


@transaction.atomic
def answer(asked: JoinRequest, by: Any, admit: bool) -> None:
    """Let somebody in who asked, and tell them; or do not, and say nothing."""
    if admit:
        membership, fresh = Membership.objects.get_or_create(room=asked.room, person=asked.person)
        record(asked.room, by, "admit", asked.person)
        if fresh:
            tell_new_member(membership, by)
    asked.delete()
