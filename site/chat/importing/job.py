"""The import itself. A batch and its progress are one commit: any end can be resumed from, and nothing comes twice.

A message has the number that its export gives it as the number of what was sent once; nobody is alerted of it.
"""

import hashlib
from collections.abc import Sequence
from itertools import islice
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.names import LONGEST
from chat.importing.formats import Channel, Entry, Export, Person, Unreadable
from chat.models import Import
from jobs import Failure, JobContext, task
from parlour import Change, clean, live_write
from rooms.markup import TextRejected, clean_text, to_html
from rooms.models import Message, Room

BATCH = 200  # messages: other writers wait some hundredths of a second
MOST_REJECTED = 1000


@task("rooms_import", gettext_lazy("Imports of conversations"), exclusive=True)
def import_rooms(job: JobContext) -> str:
    """Go on with an import where its last commit left it. Returns its outcome in words."""
    imported = Import.objects.get(pk=job.pk)
    try:
        with imported.file.open("rb") as file:
            export = Export(file)
            total = sum(1 for _ in export.entries())
            entries = islice(export.entries(), imported.read, None)
            authors: dict[str, User] = {}
            while batch := list(islice(entries, BATCH)):
                for each in {entry.author for entry in batch if entry.created} - authors.keys():
                    authors[each] = author_of(export.kind, export.people.get(each) or Person(each, each))
                imported = write_batch(job, export, batch, authors, total)
                if len(imported.rejects) >= MOST_REJECTED:
                    raise Failure(_("It was stopped: too many messages were rejected."), again=False)
    except (Unreadable, FileNotFoundError) as why:
        words = str(why) if isinstance(why, Unreadable) else _("The file is not here any more. Send it again.")
        raise Failure(words, again=False) from None
    imported.file.delete(save=False)
    return outcome(imported)


def outcome(imported: Import) -> str:
    """ "1,204 messages are in, 3 were there before, 2 were rejected." """
    n = imported.stored
    words = [ngettext("{n} message is in", "{n} messages are in", n).format(n=f"{n:,}")]
    words += [_("{n} were there before").format(n=f"{imported.repeated:,}")] * bool(imported.repeated)
    words += [_("{n} were rejected").format(n=f"{len(imported.rejects):,}")] * bool(imported.rejects)
    return f"{', '.join(words)}."


def author_of(kind: str, person: Person) -> User:
    """The account with this e-mail address or username, or somebody made for it, who cannot sign in."""
    username = f"imported-{kind}-{hashlib.sha256(person.id.encode()).hexdigest()[:12]}"
    known = Q(email__iexact=person.email) if person.email else Q(username__iexact=person.username)
    accounts = User.objects.filter(kind=User.Kind.ACCOUNT, is_active=True)
    found = accounts.filter(known).order_by("pk").first() if person.email or person.username else None
    if found is None and person.email and person.username:
        found = accounts.filter(username__iexact=person.username).first()
    if found is None:
        name = clean(person.name)[:LONGEST] or username
        made = {"display_name": name, "is_active": False, "password": "!"}
        found, _fresh = User.objects.get_or_create(username=username, defaults=made)
    return found


@live_write
def write_batch(
    change: Change, job: JobContext, export: Export, entries: Sequence[Entry], authors: dict[str, User], total: int
) -> Import:
    """Store these. Returns the import with its new counts. Raises as `job.advance` does."""
    imported = Import.objects.get(pk=job.pk)
    imported.read += len(entries)
    job.advance(change, imported.read, total, outcome(imported))
    told = [entry for entry in entries if entry.created and entry.channel in export.channels]
    keys = {entry: _key(export, entry, authors) for entry in told}
    earlier = {(row.author_id, row.page) for row in Message.objects.numbered(list(keys.values()))}
    newest: dict[int, Message | None] = {}
    for entry in entries:
        if entry not in keys:
            error = entry.error or (_("Its room is not in the export.") if entry.created else "")
            imported.rejects += [[entry.where, error]] if error else []
        elif (key := keys[entry])[:2] in earlier:
            imported.repeated += 1
        else:
            earlier.add(key[:2])
            try:
                text = clean_text(entry.text)
            except TextRejected as why:
                imported.rejects.append([entry.where, str(why)])
                continue
            room = _room(imported, export, export.channels[entry.channel], job.owner)
            row = Message(
                room_id=room, author=authors[entry.author], text=text, html=to_html(text)[0], page=key[1], n=1
            )
            row.follow(newest[room] if room in newest else Message.objects.newest(room), entry.created)
            newest[room] = row
            change.add(row)
            imported.stored += 1
    imported.save()
    return imported


def _key(export: Export, entry: Entry, authors: dict[str, User]) -> tuple[Any, str, int]:
    name = f"{export.channels[entry.channel].key}/{entry.id}"
    return authors[entry.author].pk, hashlib.sha256(name.encode()).hexdigest()[:40], 1


def _room(imported: Import, export: Export, channel: Channel, owner: Any) -> int:
    """The room of a channel: the one that this or an earlier import brought, or a new one."""
    if channel.key not in imported.rooms:
        earlier = (each.get(channel.key) for each in Import.objects.values_list("rooms", flat=True))
        pk = next((pk for pk in earlier if pk and Room.objects.filter(pk=pk).exists()), None)
        imported.rooms[channel.key] = pk or _new_room(export, channel, owner)
    return int(imported.rooms[channel.key])


def _new_room(export: Export, channel: Channel, owner: Any) -> int:
    """Open, or for the members that it had and who have an account here; guests have no part in it."""
    access = Room.Access.OPEN if channel.members is None else Room.Access.MEMBERS
    title, about = clean(channel.title)[:80] or "Import", clean(channel.about)[:200]
    room = Room.objects.create(title=title, about=about, access=access, guests=Room.Guests.NONE, owner=owner)
    members = (author_of(export.kind, export.people.get(each) or Person(each, each)) for each in channel.members or ())
    room.members.add(owner, *(each for each in members if each.is_active))
    return room.pk
