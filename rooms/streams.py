"""What pages of a room see: what was said, and who is here."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html

from parlour.composer import new_page
from parlour.fragments import Region
from parlour.presence import here
from parlour.streams import Answer, Ask, Gone, Log, State
from rooms.models import Message, Room


class RoomRegion(Region):
    """A room on a page. Its key is made from the address, which is what a refused page still knows."""

    controls = "partials/composer.html"

    def __init__(self, room: Room, role: str = "reader") -> None:
        slug = room.slug
        super().__init__(room_key(slug), f"/ws/rooms/{slug}/", reverse("rooms:panel", args=[slug]), role)
        self.room = room
        self.streams = [RoomStream(room, self), PeopleStream(room, self)]
        self.guards = [room.door]

    @property
    def fresh_page(self) -> str:
        """An id for the page whose composer is being drawn."""
        return new_page()


def room_key(slug: str) -> str:
    """`-` parts a key from what is inside it, so the address gives its own up."""
    return "room-" + slug.replace("-", "_")


class RoomStream(Log):
    template = "partials/message.html"

    def __init__(self, room: Room, region: Region) -> None:
        self.room = room
        self.name = room.stream
        self.region = region

    def rows(self) -> Any:
        return Message.objects.filter(room=self.room).select_related("author")

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        if not Room.objects.filter(pk=self.room.pk).exists():
            raise Gone
        return super().since(asks, seq)

    def announce(self, added: Sequence[Any]) -> str:
        """Nobody is typing what has just arrived; a screen reader hears the newest, and how many there are."""
        if not added:
            return ""
        newest = format_html("{}: {}", added[-1].author.name, added[-1].plain[:200])
        words = newest if len(added) == 1 else format_html("{} new messages. {}", len(added), newest)
        return self.region.inner("typing", "") + self.region.inner("announce", words)

    def older(self, upto: int | None) -> str:
        context = {"region": self.region, "room": self.room, "upto": upto}
        return self.region.replaced(render_to_string("partials/more.html", context))


class PeopleStream(State):
    """Who is here: the people with a lease, once each. Who came and who left falls out of two answers."""

    template = "partials/people.html"
    part = "people"

    def __init__(self, room: Room, region: Region) -> None:
        self.name = room.people
        self.region = region
        self.seen: tuple[int, dict[int, str]] | None = None

    def present(self) -> dict[str, Any]:
        return {"people": people_in(self.name)}

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        asks = list(asks)
        answer = super().since(asks, seq)
        now = {person.pk: person.name for person in people_in(self.name)}
        was, self.seen = self.seen, (answer.seq, now)
        if was is None:
            return answer
        lines = self._lines(was[1], now)
        told = {ask: answer.fragments[ask] + lines if ask.cursor == was[0] else answer.fragments[ask] for ask in asks}
        return Answer(answer.seq, told)

    def _lines(self, was: dict[int, str], now: dict[int, str]) -> str:
        came = [name for pk, name in now.items() if pk not in was]
        went = [name for pk, name in was.items() if pk not in now]
        notes = [note for note in (_note(came, "joined"), _note(went, "left")) if note]
        return self.region.append("log", "".join(notes), "ol") if notes else ""


def people_in(place: str) -> list[Any]:
    """Everybody with a lease in `place`, by name."""
    holders = {int(holder) for holder in here(place).values_list("holder", flat=True)}
    people = get_user_model()._default_manager.filter(pk__in=holders)
    return sorted(people, key=lambda person: (person.name.casefold(), person.pk))


def _note(names: Sequence[str], deed: str) -> str:
    """"Ann joined the room"; several who come or go together make one line."""
    if not names:
        return ""
    shown = names if len(names) <= 3 else names[:2]
    context = {"names": shown, "others": len(names) - len(shown), "deed": deed}
    return render_to_string("partials/note.html", context)
