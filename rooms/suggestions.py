"""Suggestions: whom the `@` at the end of what somebody writes may mean."""

import re
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from parlour import name_of
from rooms.markup import Group, folded
from rooms.mentions import named_in
from rooms.models import Membership, Message, Room
from rooms.names import is_guest, name_fields
from rooms.people_here import holders

MOST = 5
RECENT = 300  # messages whose authors are suggested, beside members and who is here
_BEGUN = re.compile(r"@([^\s@\0]{1,30})$")


def suggested(person: Any, room: Room, text: str) -> list[str]:
    """Names that complete the mention in which the text ends, each of which mentions somebody; none without one."""
    begun = _BEGUN.search(text)
    if begun is None:
        return []
    begins = folded(begun[1])
    groups: list[tuple[Any, str]] = [(group, group.value) for group in Group]
    near = _near(room, begun[1]).exclude(pk=person.pk)
    named = [(each.pk, name) for each in near[: 4 * MOST] for name in _names(each)] + groups
    named = [(whom, name) for whom, name in named if folded(name).startswith(begins)]
    known = named_in("\n".join(f"@{name}" for _, name in named), room.pk, person.pk)
    names = {whom: name for whom, name in reversed(named) if known.get(folded(name)) == whom}
    return list(reversed(names.values()))[:MOST]


def completed(text: str, name: str) -> str:
    """The text with the mention in which it ends completed; as it is if it has gone on meanwhile."""
    begun = _BEGUN.search(text)
    return f"{text[: begun.start()]}@{name} " if begun else text


def _near(room: Room, begins: str) -> Any:
    """Active people with names that begin so who are members or here, or wrote something a while ago."""
    people = get_user_model()._default_manager.filter(is_active=True)
    spelled = {begins, begins.title()}  # SQLite tells "ö" from "Ö"
    alike = Q(*((f"{name}__istartswith", each) for name in name_fields() for each in spelled), _connector=Q.OR)
    recent = Message.objects.filter(room=room, seq__isnull=False).order_by("-seq")[:RECENT]
    members = Membership.objects.filter(room=room).values("person")
    return people.filter(alike, Q(pk__in=members) | Q(pk__in=holders(room.people)) | Q(pk__in=recent.values("author")))


def _names(person: Any) -> list[str]:
    """What mentions this person, as they are shown first."""
    return [name_of(person)] if is_guest(person) else [name_of(person), person.get_username()]
