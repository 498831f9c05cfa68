"""Who is here: the list, how many, and the lines "Ann joined the room" and "Ben left"."""

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from parlour import StateStream, name_of, people_in
from rooms.names import is_guest

SHOWN = 60  # people named in a room's list; a larger company would cost every page a long list a second


class PeopleStream(StateStream):
    """Who is here: the people with a lease, once each."""

    template = "parlour_rooms/room.html#people"
    part = "people"
    gap = 0.3  # who comes and goes together is told in one line

    def present(self) -> dict[str, Any]:
        here = people_in(self.name)[self.name]
        people = [{"pk": each.pk, "name": name_of(each), "guest": is_guest(each)} for each in here[:SHOWN]]
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
        notes = _note(ngettext_lazy("{} joined the room", "{} joined the room", "n"), came)
        notes += _note(ngettext_lazy("{} left the room", "{} left the room", "n"), went)
        return self.ids.append("log", notes, "ol") if notes else ""


def _note(words: Any, names: Sequence[str]) -> str:
    """ "Ann joined the room"; several who come or go together make one line."""
    if not names:
        return ""
    shown = names if len(names) <= 3 else names[:2]
    named = [format_html("<bdi>{}</bdi>", name) for name in shown]
    rest = len(names) - len(shown)
    last = _("{} others").format(rest) if rest else named.pop()
    company = (
        format_html(_("{} and {}"), format_html_join(", ", "{}", ((name,) for name in named)), last) if named else last
    )
    words = format_html(words % {"n": len(names)}, company)
    return render_to_string("parlour_rooms/room.html#presence_note", {"words": words})
