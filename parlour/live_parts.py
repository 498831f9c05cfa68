"""Live parts of pages, declared in an app's `live.py`: a function, a template, the models it shows, who may see it.

    @live("polls/tally.html", watch=[Poll])
    def tally(poll):
        return {"poll": Poll.objects.get(pk=poll)}

`{% live "tally" poll=poll.pk %}` puts it on a page. Its ids, heads and addresses are made from the function's name and
arguments; the arguments travel signed.
"""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, ValidationError
from django.core.signing import BadSignature, Signer
from django.db import router, transaction
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from parlour.consumer import Consumer, Denied, Malformed
from parlour.database import run
from parlour.models import Lease
from parlour.regions import Region
from parlour.streams import Answer, Ask, LogStream, Stream, Variant, reading_as
from parlour.watch import Watched, concrete, row_heads, rows_head, safe, touch_rows, watch_model, watched
from parlour.writes import Change, live_write, touch

Arguments = dict[str, Any]
Function = Callable[..., Any]
Shown = Any  # what a part shows, in a form that can be compared: markup, or in a list the markup of each row
parts: dict[str, "Part"] = {}
KEPT = timedelta(days=1)  # so long a repeat of what was sent once is known for one


class PartConsumer(Consumer):
    """The sockets of one part; each part has a class of its own."""

    declared: ClassVar["Part"]

    @classmethod
    def key(cls, **arguments: Any) -> str:
        return cls.declared.key(arguments)

    @classmethod
    def authorize(cls, person: Any, **arguments: Any) -> Region:
        return cls.declared.authorize(person, arguments)

    def _follow(self, seen: dict[str, int], answer: str = "") -> None:
        if not isinstance(self.region.streams[0], LogStream):
            seen = {}  # what a page was painted with may be newer than its cursor: it is sent whole, once
        super()._follow(seen, answer)


class PartStream(Stream):
    """A part's markup. Pages that were sent the same are sent what differs from it now, others the whole.

    `_sent` is what the pages of a variant were sent with their cursor; None if not all of them were sent the same.
    """

    def __init__(self, part: "Part", arguments: Arguments, region: Region) -> None:
        super().__init__(part.head(arguments), region, part.heads(arguments))
        self.declared: Part = part
        self.arguments = arguments
        self.gap = part.gap
        self._sent: dict[Variant, tuple[int, Shown | None]] = {}

    def paint(self, variant: Variant, seq: int) -> dict[str, Any]:
        return {"markup": self.whole(self.shown_to([variant])[variant])}

    def since(self, asks: Sequence[Ask], heads: dict[str, int]) -> Answer:
        fragments = dict.fromkeys(asks, "")
        seq = sum(heads[name] for name in self.heads)
        behind = [ask for ask in asks if ask.cursor != seq]
        for variant, now in self.shown_to(list(dict.fromkeys(ask.variant for ask in behind))).items():
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

    def shown_to(self, variants: Sequence[Variant]) -> dict[Variant, Shown]:
        return {variant: self.shown(variant) for variant in variants}

    def shown(self, variant: Variant) -> Shown:
        """The part as it is now."""
        with reading_as(variant):
            return self.render(self.declared.function(**self.arguments))

    def render(self, context: Mapping[str, Any]) -> SafeString:
        return render_to_string(self.declared.template, {**context, "region": self.ids, "live_part": self.declared})

    def whole(self, shown: Shown) -> SafeString:
        return shown

    def difference(self, before: Shown, now: Shown) -> str:
        """Fragments that turn what was shown before into what is shown now."""
        return "" if before == now else self.ids.inner(self.part, self.whole(now))


class Part:
    """A live part of pages. Its arguments, by name, are its identity."""

    do_not_call_in_templates = True
    stream: ClassVar[Callable[..., Stream]] = PartStream
    consumer: type[PartConsumer] = PartConsumer

    def __init__(
        self, function: Function, template: str, models: Sequence[Watched] = (), name: str = "", gap: float = 0.0
    ) -> None:
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"{function.__name__} has to be a plain function: it is called on a thread of its own.")
        self.function = function
        self.template = template
        self.gap = gap
        self.name = name or function.__name__
        self.signature = inspect.signature(function)
        self.models = [watch_model(model, self.signature.parameters) for model in models]
        self.rule: Function | None = None
        self.rule_models: list[type[Model]] = []
        self.verbs: dict[str, Function] = {}
        self.consumer = type(f"{self.name}Consumer", (self.consumer,), {"declared": self})
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
        if unknown := set(beside_person(rule)) - set(self.signature.parameters):
            raise TypeError(f"{rule.__name__} asks for {', '.join(unknown)}, which {self.name} has no argument for.")
        self.rule, self.rule_models = rule, [watch_model(model) for model in watch]
        return rule

    def hears(self, verb: Function) -> Function:
        """Decorate `verb(person, …)`: a plain function that pages call with `{% hears "verb" as attrs %}`.

        Arguments that are none of the part's come from the page, as text, of several the last. It runs in a
        transaction; a `ValidationError` is told to the reader. Pages that show the same models look again afterwards.
        """
        beside_person(verb)
        name = verb.__name__

        async def hear(consumer: PartConsumer, fields: dict[str, Any]) -> None:
            last = {field: value[-1:] if isinstance(value, list) else [value] for field, value in fields.items()}
            texts = {field: str(value) for field, values in last.items() for value in values}
            await run(self.act, consumer.person, name, consumer.route, texts)

        self.verbs[name] = verb
        setattr(self.consumer, f"hear_{name}", hear)
        self.consumer.kinds |= {name}
        return verb

    # What is made of it

    def bind(self, given: Mapping[str, Any]) -> Arguments:
        """These arguments and the defaults, as they travel. TypeError if they do not fit."""
        try:
            bound = self.signature.bind(**given)
            bound.apply_defaults()
            arguments = {name: plain(name, value) for name, value in sorted(bound.arguments.items())}
            for model, pk in self.rows(arguments):
                if pk == "":
                    raise TypeError(f"{model._meta.model_name} is empty: is it in the template's context")
        except TypeError as error:
            raise TypeError(f"Live part {self.name} takes {self.signature}: {error}.") from None
        return arguments

    def sign(self, arguments: Arguments) -> str:
        return Signer(salt=f"parlour.{self.name}").sign_object(arguments)

    def key(self, arguments: Arguments) -> str:
        return f"{self.name}-{safe(json.dumps(arguments))}" if arguments else self.name

    def head(self, arguments: Arguments) -> str:
        return f"live.{self.key(arguments)}"

    def rows(self, arguments: Arguments) -> list[tuple[type[Model], Any]]:
        """The models that the part shows, each with the primary key of the one row that it shows, or None."""
        return [(model, arguments.get(str(model._meta.model_name))) for model in self.models]

    def heads(self, arguments: Arguments) -> list[str]:
        rows = self.rows(arguments)
        return [self.head(arguments), *(head for model, pk in rows for head in row_heads(model, pk))]

    def authorize(self, person: Any, arguments: Arguments) -> "PartRegion":
        """The part for this person. Denied if they may not see it, or if the row that it shows is not there."""
        try:
            allowed = self.allows(person, arguments)
            for model, pk in self.rows(arguments) if allowed else ():
                if pk is not None:
                    model._base_manager.only("pk").get(pk=pk)
        except ObjectDoesNotExist:
            raise Denied(4004, gettext("This is not there any more.")) from None
        if not allowed and not person.is_authenticated:
            raise Denied.signed_out()
        if not allowed:
            raise Denied(4003, gettext("You may not see this."))
        return PartRegion(self, arguments)

    def allows(self, person: Any, arguments: Arguments) -> bool:
        return person.is_authenticated if self.rule is None else _call(self.rule, person, arguments)

    def guards(self, arguments: Arguments) -> list[str]:
        """The heads that move when the answer of `allows` may have changed."""
        return [rows_head(model) for model in self.rule_models]

    def act(self, person: Any, verb: str, arguments: Arguments, fields: Mapping[str, Any], once: str = "") -> None:
        """Do a verb for this person; of two with the same `once` the second does nothing.

        Raises Denied or Malformed, with words for the reader.
        """
        self.authorize(person, arguments)
        if verb not in self.verbs:
            raise Malformed(gettext("That was not understood: no such kind of message."))
        given = {**fields, **arguments}
        for name, wanted in beside_person(self.verbs[verb]).items():
            if wanted.default is wanted.empty and name not in given:
                raise Malformed(gettext("That was not understood: “%s” is missing.") % name)
        try:
            _act(self, arguments, lambda: _call(self.verbs[verb], person, given), once)
        except ValidationError as problem:
            raise Malformed(" ".join(problem.messages)) from None


@live_write
def _act(change: Change, part: Part, arguments: Arguments, verb: Callable[[], Any], once: str) -> None:
    with transaction.atomic():  # in a caller's transaction too, what is refused was not done
        if once and not Lease.objects.is_first("sent", once, KEPT):
            return
        verb()
    change.touch(*part.heads(arguments), *map(rows_head, part.models))


def beside_person(function: Function) -> dict[str, inspect.Parameter]:
    """The parameters of a rule or a verb without the first. TypeError if it cannot be one."""
    parameters = list(inspect.signature(function).parameters.items())
    if inspect.iscoroutinefunction(function) or not parameters:
        raise TypeError(f"{function.__name__} has to be a plain function: def {function.__name__}(person, …).")
    return dict(parameters[1:])


def _call(function: Function, person: Any, given: Arguments) -> Any:
    """Call `function` with the person and those of the given arguments that it names."""
    return function(person, **{name: given[name] for name in beside_person(function) if name in given})


def plain(name: str, value: Any) -> Any:
    """An argument as it travels: an instance is its primary key, a UUID or a date is text. TypeError if it cannot."""
    if isinstance(value, Model) and value.pk is None:
        raise TypeError(f"{name} is a {type(value).__name__} that is not saved")
    value = value.pk if isinstance(value, Model) else value
    if value is None or isinstance(value, str | int | bool | float):
        return value
    if isinstance(value, UUID | date | time | Decimal | Promise):
        return str(value)
    kind = type(value).__name__
    raise TypeError(f"{name} is a {kind}, which cannot travel in an address: pass a primary key, text or a number")


def find(name: str) -> Part:
    """The part of this name. LookupError, with the names that there are."""
    if name not in parts:
        raise LookupError(f"There is no live part {name!r}; there are: {', '.join(sorted(parts)) or 'none'}.")
    return parts[name]


def find_signed(name: str, signed: str) -> tuple[Part, Arguments]:
    """The part and the arguments that an address names. LookupError if this site did not sign it."""
    part = find(name)
    try:
        return part, part.bind(Signer(salt=f"parlour.{name}").unsign_object(signed))
    except (BadSignature, TypeError):
        raise LookupError(f"The arguments of {name} were not signed by this site.") from None


class PartRegion(Region):
    """One part on a page."""

    controls = "parlour/part_controls.html"

    def __init__(self, part: Part, arguments: Arguments) -> None:
        panel = reverse("parlour:part", args=[part.name, part.sign(arguments)])
        super().__init__(part.key(arguments), f"{panel}socket/", panel)
        self.declared = part
        self.streams = [part.stream(part, arguments, self)]
        self.guards = part.guards(arguments)


class Live:
    """`@live(template, watch=[…])`, `live.changed(Model)`, `live.touch(name)`."""

    def __call__(
        self, template: str, *, watch: Sequence[Watched] = (), name: str = "", gap: float = 0.0
    ) -> Callable[[Function], Part]:
        """Decorate a function that returns the context of `template`.

        A model in `watch` makes open pages look again whenever a row of it is saved or deleted, by whomever; if an
        argument bears the model's name it is taken for a primary key, and only that row is watched.
        Between two looks are at least `gap` seconds, in which changes gather.
        """
        return lambda function: Part(function, template, watch, name, gap)

    @contextmanager
    def changed(self, model: Watched, *, pk: Any = None, using: str = "") -> Iterator[None]:
        """Around what sends no signals, such as `update()` and `bulk_create()`: all rows, or one, will have changed."""
        model = concrete(model)
        if model not in watched:
            names = ", ".join(sorted(each._meta.label for each in watched)) or "none"
            raise LookupError(f"No live part watches {model._meta.label}; watched are: {names}.")
        yield
        touch_rows(model, pk, using or router.db_for_write(model))

    def touch(self, name: str, **arguments: Any) -> None:
        """Have open pages of one part look again, after the commit if a transaction is open."""
        part = find(name)
        touch(part.head(part.bind(arguments)))


live = Live()
