"""A stream answers one question: what should a page that saw `cursor` see now?

First paint, live push, reconnect, a lost hint, a slow page: all are that question, answered from the same
rows. A log (a room) answers with the rows since; a state (people here, a dashboard) with the present.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone, translation

from parlour import heads
from parlour.fragments import Region
from parlour.seldom import Seldom

beyond = Seldom("a page claims to have seen %s up to %d, its head is at %d: after a restored backup, run renew_epoch")


class Variant(NamedTuple):
    """What makes one reader's markup differ from another's; `own` is for states that differ by person."""

    language: str
    zone: str
    own: str = ""


class Ask(NamedTuple):
    """A page's question: it saw `cursor`, or None for nothing it could use, and reads in `variant`."""

    cursor: int | None
    variant: Variant


class Answer(NamedTuple):
    """How far the answered pages will have come, and the fragments for each ask ("" where nothing is new)."""

    seq: int
    fragments: Mapping[Ask, str]


def reading(variant: Variant, render: Callable[[], str]) -> str:
    """Render with the reader's language and time zone in force."""
    with translation.override(variant.language), timezone.override(variant.zone):
        return render()


class Stream:
    """Base of both kinds. `name` is the head's name and the hint's group; `region` knows the ids on the page.

    A name is ASCII letters, digits, `-`, `_` and `.`, under 100 characters: it is a channel layer's group too.
    """

    part = "now"  # the element of the region that it fills
    gap = 0.0  # seconds between two asks, where the engine's ASK_GAP is too few

    def __init__(self, name: str, region: Region) -> None:
        self.name = name
        self.region = region

    def variant(self, person: Any) -> Variant:
        """How this person reads the stream; a state that differs by person puts the person into `own`."""
        return Variant(settings.LANGUAGE_CODE, getattr(person, "zone", "") or settings.TIME_ZONE)

    def paint(self, variant: Variant, seq: int) -> dict[str, Any]:
        """What a page's template gets of this stream when it is first shown: `markup`, and whatever else it needs."""
        raise NotImplementedError

    def answer(self, asks: Sequence[Ask]) -> Answer:
        """Bring every asking page to the stream's head. Runs on a database thread.

        The head is read before the rows, so that a cursor never runs ahead of what its page was shown.
        """
        seq = heads.read([self.name])[self.name]
        sane = {ask: self._sane(ask, seq) for ask in asks}
        seq, fragments = self.since(set(sane.values()), seq)
        return Answer(seq, {ask: fragments[sane[ask]] for ask in asks})

    def _sane(self, ask: Ask, seq: int) -> Ask:
        if ask.cursor is None or ask.cursor <= seq:
            return ask
        beyond.say(self.name, ask.cursor, seq)
        return ask._replace(cursor=None)

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        """The answer to asks whose cursors are at most `seq`; it may go beyond `seq`, never stop before it."""
        raise NotImplementedError
