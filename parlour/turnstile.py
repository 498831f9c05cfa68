"""How many sockets one person may hold open in this process; of those who are nobody, one neighbourhood."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from parlour.addresses import is_a_strangers, neighbourhood
from parlour.conf import conf

_inside: Counter[tuple[str, object]] = Counter()


class Full(Exception):
    """Nobody more may come in, with the words that say why."""


@contextmanager
def passed(person: Any, scope: dict[str, Any]) -> Iterator[None]:
    """Be counted for as long as the block runs. Raises Full.

    An address that no stranger can have is a proxy's or the house's own, and nobody is counted there.
    """
    address = (scope.get("client") or [""])[0]
    if not is_a_strangers(address):
        yield
        return
    if person.is_authenticated:
        who, most, words = ("person", person.pk), conf.PERSON_SOCKETS, "You have very many pages open."
    else:
        who, most = ("address", neighbourhood(address)), conf.ADDRESS_SOCKETS
        words = "Very many pages are open from where you are."
    if _inside[who] >= most:
        raise Full(f"{words} Close some; this page will try again soon.")
    _inside[who] += 1
    try:
        yield
    finally:
        _inside[who] -= 1
        if not _inside[who]:
            del _inside[who]
