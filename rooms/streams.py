"""What pages of a room see: what was said, and who is here."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html

from parlour import Lease, LogStream, Region, StateStream
from parlour.composer import new_page
from parlour.streams import Answer, Ask
from rooms.models import Message, Room, room_key

SHOWN = 60  # people named in a room's list; a larger company would cost every page a long list a second


class RoomRegion(Region):
    """A room on a page. Its key is made from the address, which is what a refused page still knows."""

    controls = "partials/composer.html"

    def __init__(self, room: Room, role: str = "reader") -> None:
        slug = room.slug
        super().__init__(room_key(slug), f"/ws/rooms/{slug}/", reverse("rooms:panel", args=[slug]), role)
        self.room = room
        self.address = room.get_absolute_url()
        self.log = RoomStream(room, self)
        self.people = PeopleStream(room, self)
        self.streams = [self.log, self.people, HeadStream(room.door, self)]
        self.guards = [room.door]

    @property
    def fresh_page(self) -> str:
        """An id for the page whose composer is being drawn."""
        return new_page()


class RoomStream(LogStream):
    """What was said, in order."""

    template = "partials/message.html"

    def __init__(self, room: Room, region: Region) -> None:
        super().__init__(room.stream, region)
        self.room = room

    def rows(self) -> Any:
        return Message.objects.filter(room=self.room).select_related("author")

    def announce(self, added: Sequence[Any]) -> str:
        """Nobody is typing what has just arrived; a screen reader hears the newest, and how many there are."""
        if not added:
            return ""
        last = added[-1]
        newest = format_html("{}: {}", last.author.name, last.plain[:200])
        if len(added) == 1:  # its writer's own style sheet keeps it from being read to its writer
            words = format_html('<span data-author="{}">{}</span>', last.author_id, newest)
        else:
            words = format_html("{} new messages. {}", len(added), newest)
        return self.region.inner("typing", "") + self.region.inner("announce", words)

    def older(self, upto: int | None) -> str:
        context = {"region": self.region, "room": self.room, "upto": upto}
        return self.region.replaced(render_to_string("partials/more.html", context))


class HeadStream(StateStream):
    """What the room is called, for those inside when it changes. Its rules change on the same head."""

    region: RoomRegion
    template = "partials/head.html"
    part = "head"

    def present(self) -> dict[str, Any]:
        return {"room": self._room()}

    def _room(self) -> Room:
        return Room.objects.filter(pk=self.region.room.pk).first() or self.region.room

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        """The heading, and the page's title with it."""
        answer, title = super().since(asks, seq), self.region.title(f"{self._room().title} · Parlour")
        return Answer(answer.seq, {ask: markup and markup + title for ask, markup in answer.fragments.items()})


class PeopleStream(StateStream):
    """Who is here: the people with a lease, once each. Who came and who left falls out of two answers."""

    template = "partials/people.html"
    part = "people"
    gap = 0.3  # who comes and goes together is told in one line

    def __init__(self, room: Room, region: Region) -> None:
        super().__init__(room.people, region)
        self.seen: tuple[int, dict[int, str]] | None = None

    def present(self) -> dict[str, Any]:
        people = self._people()
        return {"people": people[:SHOWN], "others": len(people[SHOWN:])}

    def _people(self) -> list[Any]:
        return people_in(self.name)[self.name]

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        """The list and its count for all; the lines of who came and left for those who saw the last answer."""
        now = {person.pk: person.name for person in self._people()}
        answer = super().since(asks, seq)
        was = self.seen or (answer.seq, now)
        if self.seen is None or answer.seq != was[0]:
            self.seen = (answer.seq, now)
        count, lines = self.region.inner("count", str(len(now))), self._lines(was[1], now)
        fragments = {
            ask: markup and markup + count + (lines if ask.cursor == was[0] else "")
            for ask, markup in answer.fragments.items()
        }
        return Answer(answer.seq, fragments)

    def _lines(self, was: dict[int, str], now: dict[int, str]) -> str:
        came = [name for pk, name in now.items() if pk not in was]
        went = [name for pk, name in was.items() if pk not in now]
        notes = [note for note in (_note(came, "joined"), _note(went, "left")) if note]
        return self.region.append("log", "".join(notes), "ol") if notes else ""


def people_in(*places: str) -> dict[str, list[Any]]:
    """Everybody with a lease in each of these places, by name."""
    seats = {(place, int(holder)) for place, holder in Lease.objects.living(*places).values_list("name", "holder")}
    people = get_user_model()._default_manager.in_bulk({holder for _, holder in seats})
    company = sorted(people.values(), key=lambda person: (person.name.casefold(), person.pk))
    return {place: [person for person in company if (place, person.pk) in seats] for place in places}


def _note(names: Sequence[str], deed: str) -> str:
    """ "Ann joined the room"; several who come or go together make one line."""
    if not names:
        return ""
    shown = names if len(names) <= 3 else names[:2]
    context = {"names": shown, "others": len(names) - len(shown), "deed": deed}
    return render_to_string("partials/note.html", context)
