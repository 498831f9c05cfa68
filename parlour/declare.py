"""Live parts of pages, declared in an app's `live.py`: a function, a template, the models it shows, who may see it.

    @live("polls/tally.html", watch=[Poll])
    def tally(poll):
        return {"poll": Poll.objects.get(pk=poll)}

`{% live "tally" poll=poll.pk %}` puts it on a page. Its names, ids, heads and addresses are made from the function's
name and arguments; the arguments travel signed. Streams, regions and consumers are what it is made of.
"""

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import SequenceMatcher
from typing import Any, ClassVar

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, ValidationError
from django.core.signing import BadSignature, Signer
from django.db import router
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from parlour.consumer import Consumer, Denied, Malformed
from parlour.database import run
from parlour.fragments import Ids
from parlour.regions import Region
from parlour.streams import Answer, Ask, Stream, Variant, reading_as
from parlour.writes import Change, live_write, touch

Arguments = dict[str, Any]
Watched = type[Model] | str
Shown = dict[str, SafeString]  # markup by id
parts: dict[str, "Part"] = {}
watched: dict[type[Model], bool] = {}  # whether some part shows one row of the model


class Part:
    """A live part of pages. Its arguments, by name, are its identity."""

    do_not_call_in_templates = True

    def __init__(self, function: Callable[..., Any], template: str, watch: Sequence[Watched], name: str) -> None:
        self.function = function
        self.template = template
        self.name = name or function.__name__
        self.signature = inspect.signature(function)
        self.models = [watch_model(model, self.signature.parameters) for model in watch]
        self.rule: Callable[..., bool] | None = None
        self.rule_models: list[type[Model]] = []
        self.verbs: dict[str, Callable[..., Any]] = {}
        self.consumer: type[PartConsumer] = type("Consumer", (PartConsumer,), {"declared": self})
        other = parts.setdefault(self.name, self)
        if other.function.__module__ != function.__module__:
            where = f"{other.function.__module__} and {function.__module__}"
            raise ImproperlyConfigured(f"Two live parts are called {self.name}, in {where}: give one of them name=….")
        parts[self.name] = self

    def __call__(self, *args: Any, **arguments: Any) -> Any:
        return self.function(*args, **arguments)

    # What an app says

    def allow(self, rule: Any = None, *, watch: Sequence[Watched] = ()) -> Any:
        """Decorate `rule(person, …)`, which says who may see the part and use its verbs; by default who is signed in.

        It is asked before a socket is accepted, at every verb, and whenever a row of a model in `watch` changes.
        """
        if rule is None:
            return lambda rule: self.allow(rule, watch=watch)
        self.rule = self._checked(rule)
        self.rule_models = [watch_model(model) for model in watch]
        return rule

    def hears(self, verb: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate `verb(person, …)`: a plain function that pages call with `{% hears "verb" as attrs %}`.

        Arguments that are none of the part's come from the page, as text. It runs in a transaction; a
        `ValidationError` is told to the reader. Pages that show the same models look again afterwards.
        """
        name = self._checked(verb).__name__

        async def hear(consumer: PartConsumer, fields: dict[str, Any]) -> None:
            await run(self.act, consumer.person, name, consumer.route, fields)

        self.verbs[name] = verb
        setattr(self.consumer, f"hear_{name}", hear)
        self.consumer.kinds |= {name}
        return verb

    def _checked(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function) or not inspect.signature(function).parameters:
            names = ", ".join(["person", *self.signature.parameters])
            raise TypeError(f"Write {function.__name__} as a plain function: def {function.__name__}({names}).")
        return function

    # What is made of it

    def bind(self, given: Mapping[str, Any]) -> Arguments:
        """These arguments and the defaults, as they travel. TypeError if they do not fit."""
        try:
            bound = self.signature.bind(**given)
        except TypeError as error:
            raise TypeError(f"live part {self.name}: {error}") from None
        bound.apply_defaults()
        return {name: _plain(value) for name, value in sorted(bound.arguments.items())}

    def sign(self, arguments: Arguments) -> str:
        return Signer(salt=f"parlour.{self.name}").sign_object(arguments)

    def key(self, arguments: Arguments) -> str:
        return f"{self.name}-{_digest(arguments)}" if arguments else self.name

    def ids(self, arguments: Arguments) -> Ids:
        return Ids(self.key(arguments))

    def head(self, arguments: Arguments) -> str:
        return f"live.{self.key(arguments)}"

    def heads(self, arguments: Arguments) -> list[str]:
        """What the part follows: of a model whose name is an argument, that row alone."""
        heads = [self.head(arguments)]
        for model in self.models:
            pk = arguments.get(str(model._meta.model_name))
            heads += [rows_head(model)] if pk is None else [row_head(model, pk), bulk_head(model)]
        return heads

    def authorize(self, person: Any, arguments: Arguments) -> "PartRegion":
        """The part for this person, or Denied."""
        try:
            allowed = person.is_authenticated if self.rule is None else _call(self.rule, person, arguments)
        except ObjectDoesNotExist:
            raise Denied(4004, gettext("This is not there any more.")) from None
        if not allowed and not person.is_authenticated:
            raise Denied.signed_out()
        if not allowed:
            raise Denied(4003, gettext("You may not see this."))
        return PartRegion(self, arguments)

    def act(self, person: Any, verb: str, arguments: Arguments, fields: Mapping[str, Any]) -> None:
        """Do a verb for this person. Raises Denied or Malformed, with words for the reader."""
        self.authorize(person, arguments)
        if (function := self.verbs.get(verb)) is None:
            raise Malformed(gettext("That was not understood: no such kind of message."))
        given = {**fields, **arguments}
        for name, wanted in _beside_person(function).items():
            if wanted.default is wanted.empty and name not in given:
                raise Malformed(gettext("That was not understood: “%s” is missing.") % name)
        try:
            _act(self, arguments, lambda: _call(function, person, given))
        except ValidationError as problem:
            raise Malformed(" ".join(problem.messages)) from None

    def stream(self, arguments: Arguments, region: Region) -> "PartStream":
        return PartStream(self, arguments, region)


@live_write
def _act(change: Change, part: Part, arguments: Arguments, verb: Callable[[], Any]) -> None:
    verb()
    change.touch(*part.heads(arguments), *map(rows_head, part.models))


def _beside_person(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return dict(list(inspect.signature(function).parameters.items())[1:])


def _call(function: Callable[..., Any], person: Any, given: Arguments) -> Any:
    """Call `function` with the person and those of the given arguments that it names."""
    return function(person, **{name: given[name] for name in _beside_person(function) if name in given})


class ListPart(Part):
    """A live list: its function returns a queryset, or nothing for all rows of the model."""

    def __init__(self, *args: Any, tag: str) -> None:
        super().__init__(*args)
        self.tag = tag

    def rows(self, arguments: Arguments) -> Any:
        rows = self.function(**arguments)
        return self.models[0]._default_manager.all() if rows is None else rows

    def stream(self, arguments: Arguments, region: Region) -> "PartStream":
        return ListStream(self, arguments, region)


def find(name: str) -> Part:
    """The part of this name. LookupError, with the names that there are."""
    if name not in parts:
        raise LookupError(f"There is no live part {name!r}; there are: {', '.join(sorted(parts)) or 'none'}.")
    return parts[name]


def find_signed(name: str, signed: str) -> tuple[Part, Arguments]:
    """The part and the arguments that an address names. LookupError if we did not sign it."""
    part = find(name)
    try:
        return part, part.bind(Signer(salt=f"parlour.{name}").unsign_object(signed))
    except (BadSignature, TypeError):
        raise LookupError(f"The arguments of {name} were not signed by this site.") from None


# Regions, consumers, streams


class PartRegion(Region):
    """One part on a page."""

    controls = "parlour/part_controls.html"

    def __init__(self, part: Part, arguments: Arguments) -> None:
        panel = reverse("parlour:part", args=[part.name, part.sign(arguments)])
        super().__init__(part.key(arguments), f"{panel}socket/", panel)
        self.declared = part
        self.streams = [part.stream(arguments, self)]
        self.guards = [rows_head(model) for model in part.rule_models]


class PartConsumer(Consumer):
    """The sockets of one part; each part has a class of its own."""

    declared: ClassVar[Part]

    @classmethod
    def key(cls, **arguments: Any) -> str:
        return cls.declared.key(arguments)

    @classmethod
    def authorize(cls, person: Any, **arguments: Any) -> Region:
        return cls.declared.authorize(person, arguments)

    def _follow(self, seen: dict[str, int], answer: str = "") -> None:
        super()._follow({}, answer)  # what a page was painted with may be newer than its cursor: it is sent whole, once


class PartStream(Stream):
    """A part's markup. Pages that were sent the same are sent what differs from it now, others the whole.

    `_sent` is what the pages of a variant were sent with their cursor; None if not all of them were sent the same.
    """

    def __init__(self, part: Part, arguments: Arguments, region: Region) -> None:
        super().__init__(part.head(arguments), region, part.heads(arguments))
        self.declared = part
        self.arguments = arguments
        self._sent: dict[Variant, tuple[int, Shown | None]] = {}

    def paint(self, variant: Variant, seq: int) -> dict[str, Any]:
        return {"markup": self.whole(self.shown(variant))}

    def since(self, asks: Sequence[Ask], heads: dict[str, int]) -> Answer:
        fragments = dict.fromkeys(asks, "")
        seq = sum(heads[name] for name in self.heads)
        behind = [ask for ask in asks if ask.cursor != seq]
        for variant in dict.fromkeys(ask.variant for ask in behind):
            now = self.shown(variant)
            seen, before = self._sent.get(variant, (None, None))
            for ask in (ask for ask in behind if ask.variant == variant):
                if ask.cursor == seen and before is not None:
                    fragments[ask] = self.difference(before, now)
                else:
                    fragments[ask] = self.ids.inner(self.part, self.whole(now))
            self._sent[variant] = (seq, now if seen != seq or before == now else None)
        return Answer(heads, fragments)

    def forget(self, variant: Variant) -> None:
        self._sent.pop(variant, None)

    def shown(self, variant: Variant) -> Shown:
        """The markup of the part as it is now."""
        with reading_as(variant):
            return {"": self.render(self.declared.function(**self.arguments))}

    def render(self, context: Mapping[str, Any]) -> SafeString:
        return render_to_string(self.declared.template, {**context, "region": self.ids, "live_part": self.declared})

    def whole(self, shown: Shown) -> SafeString:
        return format_html_join("", "{}", ((markup,) for markup in shown.values()))

    def difference(self, before: Shown, now: Shown) -> str:
        """Fragments that turn what was shown before into what is shown now."""
        return "" if before == now else self.ids.inner(self.part, self.whole(now))


class ListStream(PartStream):
    """The rows of a list: those that differ are appended, changed, moved and removed in place."""

    declared: ListPart

    def shown(self, variant: Variant) -> Shown:
        shown: Shown = {}
        with reading_as(variant):
            for row in self.declared.rows(self.arguments):
                id = self.ids.id(_safe(row.pk))  # noqa: A001
                shown[_safe(row.pk)] = self.render({"row": row, str(row._meta.model_name): row, "id": id})
                if f'id="{id}"' not in shown[_safe(row.pk)]:
                    raise ImproperlyConfigured(f'{self.declared.template}: its first tag needs id="{{{{ id }}}}".')
        return shown

    def whole(self, shown: Shown) -> SafeString:
        rows = format_html('<{0} id="{1}">{2}</{0}>', self.declared.tag, self.ids.id("rows"), super().whole(shown))
        return format_html("<table>{}</table>", rows) if self.declared.tag == "tbody" else rows

    def difference(self, before: Shown, now: Shown) -> str:
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


# Models


def watch_model(model: Watched, arguments: Collection[str] = ()) -> type[Model]:
    """Have saves, deletions and changed relations of this model's rows move its heads, whoever makes them.

    `arguments` are those of the part that shows it: if the model's name is among them, one row is shown.
    """
    model = apps.get_model(model) if isinstance(model, str) else model
    concrete = model._meta.concrete_model or model
    watched[concrete] = watched.get(concrete, False) or model._meta.model_name in arguments
    for sender in apps.get_models():
        if issubclass(sender, concrete) or issubclass(concrete, sender):
            post_save.connect(_row_changed, sender, weak=False, dispatch_uid="parlour")
            post_delete.connect(_row_changed, sender, weak=False, dispatch_uid="parlour")
    for field in concrete._meta.many_to_many:
        m2m_changed.connect(_relation_changed, field.remote_field.through, weak=False, dispatch_uid="parlour")
    return concrete


def _row_changed(sender: type[Model], instance: Model, using: str, **kwargs: Any) -> None:
    for model in watched:
        if issubclass(sender, model) or issubclass(model, sender):
            touch_rows(model, instance.pk, using)


def _relation_changed(instance: Model, reverse: bool, model: type[Model], action: str, using: str, **_: Any) -> None:
    """Tags were added to a poll, or polls to a tag (reverse): then any poll may have changed."""
    if action.startswith("post_"):
        for each in watched:
            if issubclass(model if reverse else type(instance), each):
                touch_rows(each, None if reverse else instance.pk, using)


def touch_rows(model: type[Model], pk: Any, using: str) -> None:
    """Move the heads of one row's followers, or with None those of all rows, after the commit on this database."""
    heads = [rows_head(model)]
    if watched[model]:
        heads.append(bulk_head(model) if pk is None else row_head(model, pk))
    touch(*heads, using=using)


def rows_head(model: type[Model]) -> str:
    """The head of those who show any rows of a model: it moves with every change."""
    return f"rows.{model._meta.label_lower}"


def row_head(model: type[Model], pk: Any) -> str:
    """The head of those who show this row alone."""
    return f"{rows_head(model)}.{_safe(pk)}"


def bulk_head(model: type[Model]) -> str:
    """The head that those who show one row follow too: it moves when nobody says which rows changed."""
    return f"{rows_head(model)}..all"


def _plain(value: Any) -> Any:
    """An argument as it travels: an instance is its primary key, a UUID or a date is text."""
    value = value.pk if isinstance(value, Model) else value
    return value if value is None or isinstance(value, str | int | bool | float) else str(value)


def _safe(pk: Any) -> str:
    """A primary key as a part of ids and of heads."""
    return str(pk) if re.fullmatch(r"[A-Za-z0-9-]{1,36}", str(pk)) else _digest(str(pk))


def _digest(value: Any) -> str:
    return hashlib.blake2s(json.dumps(value, sort_keys=True).encode(), digest_size=8).hexdigest()


# The names that apps use


class Live:
    """`@live(template, watch=[…])`, `live.changed(Model)`, `live.touch(name)`."""

    def __call__(
        self, template: str, *, watch: Sequence[Watched] = (), name: str = ""
    ) -> Callable[[Callable[..., Any]], Part]:
        """Decorate a function that returns the context of `template`.

        A model in `watch` makes open pages look again whenever a row of it is saved or deleted, by whomever; if an
        argument bears the model's name it is taken for a primary key, and only that row is watched.
        """
        return lambda function: Part(function, template, watch, name)

    @contextmanager
    def changed(self, model: type[Model], *, pk: Any = None, using: str = "") -> Iterator[None]:
        """Around what sends no signals, such as `update()` and `bulk_create()`: all rows, or one, will have changed."""
        concrete = model._meta.concrete_model or model
        if concrete not in watched:
            names = ", ".join(sorted(each._meta.label for each in watched)) or "none"
            raise LookupError(f"No live part watches {model._meta.label}; watched are: {names}.")
        yield
        touch_rows(concrete, pk, using or router.db_for_write(model))

    def touch(self, name: str, **arguments: Any) -> None:
        """Have open pages of one part look again, after the commit if a transaction is open."""
        part = find(name)
        touch(part.head(part.bind(arguments)))


live = Live()


def live_list(
    template: str,
    *,
    model: Watched | None = None,
    watch: Sequence[Watched] = (),
    name: str = "",
    tag: str = "ul",
) -> Callable[[Callable[..., Any]], ListPart]:
    """Decorate a function that returns a queryset; `template` shows one row, in a first tag with `id="{{ id }}"`.

    With `model` the function may return nothing, for all its rows. `tag` holds the rows: `ul`, `ol`, `div`, `tbody`.
    """
    models = [*([model] if model else []), *watch]
    return lambda function: ListPart(function, template, models, name, tag=tag)
