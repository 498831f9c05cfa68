"""Who is here: the list, how many, and the lines "Ann joined the room" and "Ben left"."""

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string

from parlour import StateStream, name_of, people_in

SHOWN = 60  # people named in a room's list; a larger company would cost every page a long list a second


class PeopleStream(StateStream):
    """Who is here: the people with a lease, once each."""

    template = "parlour_rooms/room.html#people"
    part = "people"
    gap = 0.3  # who comes and goes together is told in one line

    def present(self) -> dict[str, Any]:
        here = people_in(self.name)[self.name]
        people = [{"pk": each.pk, "name": name_of(each)} for each in here[:SHOWN]]
        return {"people": people, "others": len(here[SHOWN:]), "names": {each.pk: name_of(each) for each in here}}

    def paint(self, variant: Any, seq: int) -> dict[str, Any]:
        context = self.present()
        return {"markup": self.drawn(variant, context), "count": len(context["names"])}

    def extras(self, context: dict[str, Any]) -> str:
        return self.ids.inner("count", str(len(context["names"])))

    def changes(self, before: dict[str, Any] | None, now: dict[str, Any]) -> str:
        """A line of who came and one of who left, for those who saw the last list."""
        if before is None:
            return ""
        came = [name for pk, name in now["names"].items() if pk not in before["names"]]
        went = [name for pk, name in before["names"].items() if pk not in now["names"]]
        notes = _note(came, "joined") + _note(went, "left")
        return self.ids.append("log", notes, "ol") if notes else ""


def _note(names: Sequence[str], what: str) -> str:
    """ "Ann joined the room"; several who come or go together make one line."""
    if not names:
        return ""
    shown = names if len(names) <= 3 else names[:2]
    context = {"names": shown, "others": len(names) - len(shown), "what": what}
    return render_to_string("parlour_rooms/room.html#presence_note", context)
