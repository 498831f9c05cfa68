"""A state: a stream that answers with the present."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string

from parlour.streams import Answer, Ask, Stream, Variant, reading


class State(Stream):
    """The present, latest wins. `template` is rendered into the element `region.id(part)`."""

    template: str

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

    def since(self, asks: Iterable[Ask], seq: int) -> Answer:
        asks = list(asks)
        behind = [ask for ask in asks if ask.cursor != seq]
        markup = self.markup(list({ask.variant for ask in behind})) if behind else {}
        news = {ask: self.region.inner(self.part, markup[ask.variant]) for ask in behind}
        return Answer(seq, {ask: news.get(ask, "") for ask in asks})
