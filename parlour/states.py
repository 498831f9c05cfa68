"""A state: a stream that answers with the present."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string

from parlour.streams import Answer, Ask, Stream, Variant, reading


class StateStream(Stream):
    """The present, latest wins. `template` is rendered into the element `region.id(part)`."""

    template: str
    last: tuple[int, Mapping[Variant, dict[str, Any]]] = (-1, {})  # the last answer: its seq and its contexts

    def context(self, variants: Sequence[Variant]) -> Mapping[Variant, dict[str, Any]]:
        """One context a variant, all from one grouped query. Override this or the simpler `present`."""
        present = self.present()
        return dict.fromkeys(variants, present)

    def present(self) -> dict[str, Any]:
        """The template's context where it is the same for everybody."""
        return {}

    def markup(self, variants: Sequence[Variant]) -> dict[Variant, str]:
        """What the element holds now, for the first paint and for every push alike."""
        contexts = self.context(variants)
        return {variant: self.drawn(variant, contexts[variant]) for variant in variants}

    def paint(self, variant: Variant, seq: int) -> dict[str, Any]:
        return {"markup": self.markup([variant])[variant]}

    def drawn(self, variant: Variant, context: dict[str, Any]) -> str:
        """The element's markup for one variant."""
        return reading(variant, lambda: render_to_string(self.template, {"region": self.region, **context}))

    def extras(self, context: dict[str, Any]) -> str:
        """Fragments that go out beside the element whenever it does, such as a count elsewhere on the page."""
        return ""

    def changes(self, before: dict[str, Any], now: dict[str, Any]) -> str:
        """Fragments for a page that saw the context `before` and sees `now`, such as "Ann joined". They leave no trace.

        A stream that defines this has its context asked for pages that are up to date too, so that it is remembered.
        """
        return ""

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        asks = list(asks)
        remembers = type(self).changes is not StateStream.changes
        wanted = {ask.variant for ask in asks if ask.cursor != seq or remembers}
        contexts = self.context(list(wanted)) if wanted else {}
        seen, before = self.last
        fragments = dict.fromkeys(asks, "")
        for ask in asks:
            if ask.cursor != seq:
                now = contexts[ask.variant]
                markup = self.region.inner(self.part, self.drawn(ask.variant, now)) + self.extras(now)
                if ask.cursor == seen and ask.variant in before:
                    markup += self.changes(before[ask.variant], now)
                fragments[ask] = markup
        if remembers:
            self.last = (seq, {**before, **contexts} if seen == seq else contexts)
        return Answer(seq, fragments)
