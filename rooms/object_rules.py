"""The rules of rooms on objects, by model, and the heads that move when what they ask has changed."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from parlour import row_heads, rows_head

Ask = Callable[[Any, Any], bool]  # (person, object)


def is_signed_in(person: Any, _thing: Any) -> bool:
    """Who may read where a model has no rule, and who may write where it has none for that."""
    return bool(person.is_authenticated)


@dataclass
class Rule:
    """Who may read in the rooms on a model's objects, and who of them may write. `watched` are models they look at."""

    read: Ask = is_signed_in
    write: Ask = is_signed_in
    watched: list[type[Model]] = field(default_factory=list)


rules: dict[type[Model], Rule] = {}


def refuse_coroutine(function: Callable[..., Any]) -> None:
    """TypeError for an asynchronous function: nobody awaits it, and what it returns would count as yes."""
    if inspect.iscoroutinefunction(function):
        raise TypeError(f"{function.__name__} has to be a plain function: def {function.__name__}(person, …).")


def rule_of(model: type[Model] | None) -> Rule:
    """The rule for a model's objects."""
    return rules.get(model, Rule()) if model else Rule()


def object_heads(model: type[Model] | None, pk: str) -> list[str]:
    """The heads that move when an object, or what its rule looks at, has changed; none without a rule."""
    if model not in rules:
        return []
    return [*row_heads(model, pk), *map(rows_head, rules[model].watched)]
