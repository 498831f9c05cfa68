"""Live lists: rows that are appended, changed, moved and removed in place.

@live_list("polls/row.html", model=Poll)
def polls():
    return Poll.objects.order_by("-votes")[:50]
"""

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from parlour.conf import conf
from parlour.live_parts import Arguments, Function, Part, PartStream, Shown
from parlour.models import Numbered
from parlour.regions import Ids, Region
from parlour.streams import Answer, Ask, LogStream, Variant, reading_as
from parlour.watch import Watched, safe


class ListStream(PartStream):
    """The rows of a list: those that differ are appended, changed, moved and removed in place."""

    declared: "ListPart"

    def shown(self, variant: Variant) -> Shown:
        shown: Shown = {}
        with reading_as(variant):
            rows = self.declared.function(**self.arguments)
            for row in self.declared.models[0]._default_manager.all() if rows is None else rows:
                shown[_row_part(row)] = self.declared.render_row(row, self.ids)
        return shown

    def whole(self, shown: Shown) -> SafeString:
        return self.declared.holding(format_html_join("", "{}", ((markup,) for markup in shown.values())), self.ids)

    def difference(self, before: Shown, now: Shown) -> str:
        if self.declared.tag == "tbody":  # a browser's parser drops rows that stand outside a table
            return super().difference(before, now)
        blocks = SequenceMatcher(None, list(before), list(now), autojunk=False).get_matching_blocks()
        kept = {row for block in blocks for row in list(before)[block.a : block.a + block.size]}
        fragments = [self.ids.delete(row) for row in before if row not in kept]
        anchor, new = "", ""
        for row, markup in now.items():
            if row not in kept:
                new += markup
                continue
            fragments.append(self._insert(anchor, new))
            anchor, new = row, ""
            if before[row] != markup:
                fragments.append(self.ids.replaced(markup))
        return "".join([*fragments, self._insert(anchor, new)])

    def _insert(self, anchor: str, markup: str) -> str:
        """Put rows after the row `anchor`, or at the beginning."""
        place, part = ("afterend", anchor) if anchor else ("afterbegin", "rows")
        return self.ids.append(part, markup, self.declared.tag, place) if markup else ""


class NumberedStream(LogStream):
    """Rows of a `Numbered` model: a log that a page resumes from its cursor, without what the function omits."""

    part = "now"
    holder = "rows"

    def __init__(self, part: "NumberedPart", arguments: Arguments, region: Region) -> None:
        super().__init__(part.head(arguments), region)
        self.declared = part
        self.arguments = arguments

    def rows(self) -> Any:
        rows = self.declared.function(**self.arguments)
        return self._all_rows() if rows is None else rows

    def _all_rows(self) -> Any:
        return self.declared.model._default_manager.filter(**self.arguments)

    def since(self, asks: Sequence[Ask], heads: dict[str, int]) -> Answer:
        """Rows that were changed into ones that the function omits are removed from pages."""
        answer = super().since(asks, heads)
        seq = answer.heads[self.name]
        lowest = min((ask.cursor for ask in asks if ask.cursor is not None), default=seq)
        changed = self._all_rows().filter(changed__gt=lowest, changed__lte=seq)
        gone = list(changed.exclude(pk__in=self.rows().values("pk"))[: conf.GAP + 1])
        if len(gone) > conf.GAP:
            snapshots = {variant: self.snapshot(variant, seq) for variant in {ask.variant for ask in asks}}
            return Answer(answer.heads, {ask: snapshots[ask.variant] for ask in asks})
        fragments = dict(answer.fragments)
        for ask in asks:
            seen = [row for row in gone if ask.cursor is not None and row.seq <= ask.cursor < row.changed]
            fragments[ask] += "".join(self.ids.delete(_row_part(row)) for row in seen)
        return Answer(answer.heads, fragments)

    def row(self, row: Any) -> SafeString:
        if row.stream != self.name:
            raise ImproperlyConfigured(f"{row!r} is a row of {row.stream}; {self.declared.name} lists {self.name}.")
        return self.declared.render_row(row, self.ids)

    def paint(self, variant: Variant, seq: int) -> dict[str, Any]:
        return {"markup": self.declared.holding(self.page(variant, seq)[0], self.ids)}

    def snapshot(self, variant: Variant, upto: int) -> str:
        return self.ids.inner(self.part, self.paint(variant, upto)["markup"])


def _row_part(row: Model) -> str:
    return f"row-{safe(row.pk)}"


class ListPart(Part):
    """Rows, in an element `tag`."""

    stream = ListStream

    def __init__(
        self, function: Function, template: str, models: Sequence[Watched], name: str = "", tag: str = "ul"
    ) -> None:
        super().__init__(function, template, models, name)
        self.tag = tag

    def render_row(self, row: Model, ids: Ids) -> SafeString:
        id = ids.id(_row_part(row))  # noqa: A001
        context = {"row": row, str(row._meta.model_name): row, "id": id, "region": ids, "live_part": self}
        markup = render_to_string(self.template, context)
        if f'id="{id}"' not in markup:
            raise ImproperlyConfigured(f'{self.template}: its first tag needs id="{{{{ id }}}}".')
        return markup

    def holding(self, rows: SafeString, ids: Ids) -> SafeString:
        """The element that holds the rows."""
        held = format_html('<{0} id="{1}">{2}</{0}>', self.tag, ids.id("rows"), rows)
        return format_html("<table>{}</table>", held) if self.tag == "tbody" else held


class NumberedPart(ListPart):
    """Rows of a `Numbered` model. The part's arguments are fields of it, and so say which stream they belong to."""

    stream = NumberedStream  # type: ignore[assignment]

    def __init__(self, function: Function, template: str, model: type[Numbered], name: str, tag: str) -> None:
        super().__init__(function, template, (), name, tag)
        self.model = model
        fields = {field.name for field in model._meta.fields}
        if unknown := set(self.signature.parameters) - fields:
            raise TypeError(f"{self.name}: {', '.join(unknown)} is no field of {model._meta.label}, a numbered model.")
        if tag == "tbody":
            raise TypeError(f"{self.name}: rows of a numbered model are sent one by one, which a table cannot take.")

    def head(self, arguments: Arguments) -> str:
        fields = {field.name: field.attname for field in self.model._meta.fields}
        return self.model(**{fields[name]: value for name, value in arguments.items()}).stream


def live_list(
    template: str, *, model: Watched | None = None, watch: Sequence[Watched] = (), name: str = "", tag: str = "ul"
) -> Callable[[Function], Part]:
    """Decorate a function that returns a queryset; `template` shows one row, in a first tag with `id="{{ id }}"`.

    With `model` the function may return nothing, for all its rows. `tag` holds the rows: `ul`, `ol`, `div`, or `tbody`
    in a table of its own, whose rows are sent all together.

    Of a `Numbered` model the newest fifty rows are shown, and a page resumes from its cursor. The function's arguments
    are then fields of the model, and its queryset is not sliced.
    """
    numbered = apps.get_model(model) if isinstance(model, str) else model
    if numbered and issubclass(numbered, Numbered):
        if watch:
            raise TypeError(f"{template}: rows of a numbered model change by `change.edit` alone, not with watch=….")
        return lambda function: NumberedPart(function, template, numbered, name, tag)
    models = [model, *watch] if model else [*watch]
    if not models:
        raise TypeError(f"A list needs model=… or watch=[…], or nothing would tell when {template} has changed.")
    return lambda function: ListPart(function, template, models, name, tag)
