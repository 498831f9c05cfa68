"""What a person may do with a note, asked of the rows as they are now."""

from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from notes.models import Note
from parlour import Denied
from rooms.names import is_guest, only_as_member
from rooms.permissions import away
from rooms.permissions import rights as rights_in_room


class Rights(NamedTuple):
    """To manage is to rename, to decide on members, to archive and to delete."""

    read: bool
    write: bool
    manage: bool


def rights(person: Any, note: Note) -> Rights:
    """In a room as the room says; one alone is read by all or its members, and written by people with an account."""
    owner = person.is_authenticated and note.owner_id == person.pk
    if note.room:
        inside = rights_in_room(person, note.room)
        allowed = Rights(inside.read, inside.write, inside.manage or (owner and inside.write))
    else:
        account = person.is_authenticated and person.is_active and not is_guest(person)
        read = owner or (note.access == Note.Access.OPEN and not only_as_member(person))
        read = read or (account and note.members.filter(pk=person.pk).exists())
        write = read and account and not getattr(person, "is_muted", False)
        allowed = Rights(read, write, read and account and (owner or getattr(person, "is_staff", False)))
    if note.deleted:
        return Rights(False, False, allowed.manage)
    return allowed._replace(write=False) if note.archived else allowed


def note_for(person: Any, pk: int, manage: bool = False) -> tuple[Note, Rights]:
    """A note, and what this person may do with it; one that was deleted is there for who may `manage` it alone.

    Raises Denied, alike for one that is not there and one for others.
    """
    note = Note.objects.select_related("room", "owner").filter(pk=pk).first()
    allowed = rights(person, note) if note else Rights(False, False, False)
    if note is None or not (allowed.read or (manage and allowed.manage)):
        raise Denied(4004, away(_("There is no such note, or it is for others.")))
    return note, allowed
