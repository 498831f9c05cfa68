"""Who is here: the list, how many, and the lines "Ann joined the room" and "Ben left"."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from parlour import Lease, Region, StateStream
from rooms.models import SOMEBODY
from rooms.names import MARKS, mark, name_fields, name_in
from rooms.rows import KeptQuery, stored

SOME_LEASE = "of"  # stands for the name of one
LISTS = 200  # whose markup is kept, some ten kilobytes each
SHOWN = 60  # people named in a room's list; a larger company would cost every page a long list a second


class RoomPeopleStream(StateStream):
    """Who is here: the people with a lease, once each."""

    template = "parlour_rooms/room.html#people"
    part = "people"
    gap = 0.3  # who comes and goes together is told in one line

    def __init__(self, name: str, region: Region) -> None:
        super().__init__(name, region)
        self.linked = not region.by_post  # a widget leads nobody to the site around it

    def present(self) -> dict[str, Any]:
        here = _named_holders(self.name)
        people = [dict(zip(("pk", "name", "mark"), each, strict=True)) for each in here[:SHOWN]]
        names = {pk: name for pk, name, _ in here}
        return {"people": people, "others": len(here[SHOWN:]), "names": names, "linked": self.linked}

    def paint(self, variant: Any, seq: int) -> dict[str, Any]:
        context = self.present()
        return {"markup": self.drawn(variant, context), "count": len(context["names"])}

    def drawn(self, variant: Any, context: dict[str, Any]) -> SafeString:
        with translation.override(variant.language):
            people = tuple((each["pk"], each["name"], str(each["mark"] or "")) for each in context["people"])
        return _render_list(people, context["others"], self.linked, variant.language, get_script_prefix())

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


@lru_cache(LISTS)
def _render_list(people: Sequence[Any], others: int, linked: bool, language: str, _prefix: str) -> SafeString:
    """A list of people, for whom two addresses each have to be made; a room's is the same on page after page."""
    named = [dict(zip(("pk", "name", "mark"), each, strict=True)) for each in people]
    with translation.override(language):
        return render_to_string(RoomPeopleStream.template, {"people": named, "others": others, "linked": linked})


def holders(name: str) -> set[Any]:
    """The primary keys of the people with a lease of this name, such as a room's `people` or `reading`."""
    to_python = get_user_model()._meta.pk.to_python
    return {to_python(holder) for (holder,) in _holders().rows({SOME_LEASE: name})}


@cache
def _holders() -> KeptQuery:
    return KeptQuery(Lease.objects.living(SOME_LEASE).values_list("holder"))


def _named_holders(name: str) -> list[tuple[Any, str, Any]]:
    """Who has a lease of this name, once each: primary key, name, and their mark, if they have one.

    Bare tuples: while many come, all who are there are asked for again and again.
    """
    if not (here := holders(name)):
        return []
    query, placeholders = _named(1 << len(here).bit_length())
    rows = query.converted(query.rows(dict(zip(placeholders, map(stored, here), strict=False))))
    named = ((pk, name_in(names), MARKS.get(marked)) for pk, marked, *names in rows)
    return sorted(named, key=lambda each: (each[1].casefold(), each[0]))


@cache
def _named(most: int) -> tuple[KeptQuery, list[Any]]:
    """What gives up to so many people their names, and what stands for them: no one has those primary keys."""
    nobody = [SOMEBODY - n for n in range(most)]
    people = get_user_model()._default_manager.filter(pk__in=nobody).annotate(mark=mark())
    return KeptQuery(people.values_list("pk", "mark", *name_fields())), [*map(stored, nobody)]


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
