"""People: their names, and `{% people_here poll %}`, who has a page open that shows this object or this name.

It is a live part like any other. Its head is the name of the leases that its pages hold, so whoever comes and goes has
all of them look again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model

from parlour.live_parts import Arguments, Function, Part, PartConsumer, PartStream, Shown, beside_person
from parlour.models import Lease
from parlour.streams import Variant, reading_as
from parlour.watch import Watched, concrete, rows_head, watch_model

SHOWN = 12  # people who are named; the others are counted


def name_of(person: Any) -> str:
    """How a person is shown to others: by the first `NAME_FIELDS` of their model that is not empty, else by their
    `name`, or by what they sign in with.
    """
    names = (getattr(person, field, "") for field in getattr(person, "NAME_FIELDS", ["name"]))
    return next(filter(None, names), "") or person.get_username()


def people_in(*names: str) -> dict[str, list[Any]]:
    """Everybody with a lease of each of these names, once and in the order of what they are called."""
    key = get_user_model()._meta.pk.to_python
    leases = {(name, key(holder)) for name, holder in Lease.objects.living(*names).values_list("name", "holder")}
    people = _in_order(get_user_model()._default_manager.filter(pk__in={holder for _, holder in leases}))
    return {name: [person for person in people if (name, person.pk) in leases] for name in names}


def _in_order(people: Iterable[Any]) -> list[Any]:
    return sorted(people, key=lambda person: (name_of(person).casefold(), person.pk))


class PeopleStream(PartStream):
    """The people with a lease and, for each reader, the reader: who is named is marked as "you" on their own page."""

    def variant(self, person: Any) -> Variant:
        return super().variant(person)._replace(own=str(person.pk or ""))

    def shown_to(self, variants: Sequence[Variant]) -> dict[Variant, Shown]:
        """One query for everybody. Readers who are not among the first names and hold a lease share their markup."""
        [here] = people_in(self.name).values()
        listed = {str(person.pk) for person in here}
        new = {variant.own for variant in variants} - {*listed, ""}
        readers = {str(each.pk): each for each in get_user_model()._default_manager.filter(pk__in=new)} if new else {}
        made: dict[Variant, Shown] = {}
        shown = {}
        for variant in variants:
            people = _in_order([*here, readers[variant.own]]) if variant.own in readers else here
            named = variant.own in {str(person.pk) for person in people[:SHOWN]}
            alike = variant if named or variant.own in readers else variant._replace(own="more" if variant.own else "")
            if alike not in made:
                made[alike] = self._drawn(variant, people, named)
            shown[variant] = made[alike]
        return shown

    def _drawn(self, variant: Variant, people: Sequence[Any], named: bool) -> Shown:
        names = [(name_of(person), str(person.pk) == variant.own) for person in people[:SHOWN]]
        unnamed = bool(variant.own) and not named
        context = {"names": names, "count": len(people), "others": len(people[SHOWN:]), "you_are_unnamed": unnamed}
        with reading_as(variant):
            return self.render(context)


class PeopleConsumer(PartConsumer):
    """One page: its person is here while it is open."""

    async def greet(self, fields: dict[str, Any]) -> str:
        if self.person.is_authenticated:
            self.hub.presence.enter(self._lease)
        return await super().greet(fields)

    def left(self) -> None:
        if self.person.is_authenticated:
            self.hub.presence.leave(self._lease)

    @property
    def _lease(self) -> tuple[str, str]:
        return self.declared.head(self.route), str(self.person.pk)


class PeopleHere(Part):
    """Who is here. `place` is a name, or with `pk` the label of a model, such as "polls.poll"."""

    stream = PeopleStream
    consumer = PeopleConsumer

    def __init__(self) -> None:
        super().__init__(_place, "parlour/people_here.html", name="people_here", gap=0.3)
        self.rules: dict[str, tuple[Function, list[type[Model]]]] = {}

    def allow(self, place: Any = None, *, watch: Sequence[Watched] = ()) -> Callable[[Function], Function]:
        """Decorate `rule(person, place)`: who may see who is at rows of the model `place`, or at this name.

        It gets the row, or the name. By default whoever is signed in may. For `watch` see `@live`'s `allow`.
        """
        where = apps.get_model(place) if isinstance(place, str) and "." in place else place
        if not isinstance(where, str | type):
            raise TypeError('Say where: @people_here.allow(Poll), or @people_here.allow("lobby").')
        name = where if isinstance(where, str) else where._meta.label_lower  # type: ignore[attr-defined]

        def decorate(rule: Function) -> Function:
            beside_person(rule)
            self.rules[name] = rule, [watch_model(model) for model in watch]
            return rule

        return decorate

    def allows(self, person: Any, arguments: Arguments) -> bool:
        place, pk = arguments["place"], arguments["pk"]
        row = place if pk is None else apps.get_model(place)._base_manager.get(pk=pk)
        rule, _ = self.rules.get(place, (None, []))
        return person.is_authenticated if rule is None else rule(person, row)

    def guards(self, arguments: Arguments) -> list[str]:
        _, models = self.rules.get(arguments["place"], (None, []))
        return [rows_head(model) for model in models]

    def at(self, place: object) -> Arguments:
        """The arguments that say where: an object, or a name. TypeError for anything else."""
        if isinstance(place, Model) and place.pk is not None:
            return self.bind({"place": concrete(type(place))._meta.label_lower, "pk": place})
        if isinstance(place, str) and place:
            return self.bind({"place": place})
        raise TypeError(f"{{% people_here %}} needs a saved object of a model or a name; it got {place!r}.")


def _place(place: str, pk: Any = None) -> dict[str, Any]:
    """The signature of the part; what it shows is its stream's."""
    return {}


people_here = PeopleHere()
