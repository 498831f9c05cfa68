"""Reactions: a message shows how many people reacted to it in which way, live."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from parlour import Change, live_write
from rooms.actions import NOT_OFFERED, ActionRefused, action
from rooms.models import Message, Room
from rooms.names import name_fields, name_in
from rooms.permissions import Rights, rights

KINDS = {
    "👍": _("Thumbs up"),
    "❤️": _("Heart"),
    "😄": _("Laughing"),
    "🎉": _("Celebrating"),
    "🙏": _("Thank you"),
    "👀": _("Having a look"),
}
MOST = 200  # people who react to a message in one way: each page is sent all of their primary keys
ENOUGH = _("So many people have reacted in this way that no more are counted.")


class Reaction(NamedTuple):
    """A kind of reaction, its number, what it is called, and the primary keys of who reacted so, as text."""

    kind: str
    number: int
    name: Any
    people: list[str]


@action("react")
def act(person: Any, room: Room, rights: Rights, message: Message, value: str) -> None:
    """React in the way `value`, or take it back."""
    if value not in KINDS:
        raise ActionRefused(_("There is no such reaction."))
    react(person, message.pk, value)


@live_write
def react(change: Change, person: Any, message: int, kind: str) -> None:
    """Add this person's reaction to a message (primary keys), or take it back if it is there."""
    row = Message.objects.select_for_update(of=("self",)).select_related("room").get(pk=message)
    if row.deleted or not rights(person, row.room).write:
        raise ActionRefused(NOT_OFFERED)
    people = dict(row.reactions or {})
    reacted, me = people.get(kind, []), str(person.pk)
    if me not in reacted and len(reacted) >= MOST:
        raise ActionRefused(ENOUGH)
    people[kind] = [each for each in reacted if each != me] if me in reacted else [*reacted, me]
    row.reactions = {kind: who for kind, who in people.items() if who} or None
    change.edit(row, "reactions")


def reactions(stored: Mapping[str, list[str]] | None) -> list[Reaction]:
    """Every kind of reaction, with those whom a message stores for it."""
    return [Reaction(kind, n, name, (stored or {}).get(kind, [])) for n, (kind, name) in enumerate(KINDS.items())]


def with_names(message: Message) -> list[tuple[str, Any, list[str]]]:
    """Every kind of reaction, what it is called, and the names of who reacted so to a message."""
    shown = reactions(message.reactions)
    names = names_of({pk for each in shown for pk in each.people})
    return [(each.kind, each.name, [names[pk] for pk in each.people if pk in names]) for each in shown]


def names_of(people: Collection[str]) -> dict[str, str]:
    """How the people with these primary keys, as text, are shown to others; who is gone is left out."""
    rows = get_user_model()._default_manager.filter(pk__in=people).values_list("pk", *name_fields()) if people else ()
    return {str(pk): name_in(names) for pk, *names in rows}
