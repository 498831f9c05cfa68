"""What pages may see, asked for many of them at once: when they come, when a right may have gone, and now and then."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from parlour.models import read_heads_for_each
from parlour.writes import rights

Address = tuple[Any, ...]  # a consumer's class and the arguments of its route
guards_at: dict[Address, tuple[str, ...]] = {}
"""The heads that guard the rights at each address, as far as they were asked for: they are read before the rights."""


class Known(NamedTuple):
    """Who opened a socket, until when, the heads that guard what they may see as they were before, and that."""

    person: Any
    until: datetime | None
    guards: dict[str, int]
    region: Any


def address_of(page: Any) -> Address:
    """Where a page is; who may be there is asked together."""
    return type(page), *sorted(page.route.items())


def check(pages: Sequence[Any]) -> list[dict[str, int] | Exception]:
    """What `check_rights` returns for each of these consumers of one class, or raises, with a query each for all."""
    known: dict[Any, Known] = {}
    if len(pages) > 1:
        with suppress(Exception):  # each is asked for alone, which says what is wrong
            known = _ask(pages)
    return [_checked(page, known.get(page)) for page in pages]


def _checked(page: Any, known: Known | None) -> dict[str, int] | Exception:
    try:
        checked: dict[str, int] = page.check_rights(known)
    except Exception as error:
        return error
    return checked


def _ask(pages: Sequence[Any], again: bool = True) -> dict[Any, Known]:
    """What can be said of these pages, of one class, together; the others are asked for alone.

    Where the guards were not known yet, they are read before the rights are asked for `again`, once.
    """
    shown: dict[Any, set[Any]] = defaultdict(set)  # credentials by their kind
    for page in pages:
        shown[type(page.credential)].add(page.credential)
    identities = {each: who for kind, those in shown.items() for each, who in kind.identify_all(those).items()}
    identity_of = {page: identities[page.credential] for page in pages if page.credential in identities}
    names = [{rights(who.person.pk), *guards_at.get(address_of(page), ())} for page, who in identity_of.items()]
    guards = read_heads_for_each(names)
    regions = type(pages[0]).authorize_all([(who.person, page.route) for page, who in identity_of.items()])
    known, unread = {}, []
    for (page, who), heads, region in zip(identity_of.items(), guards, regions, strict=True):
        if region is not None and heads.keys() >= {*region.guards}:
            known[page] = Known(who.person, who.until, heads, region)
        elif region is not None:
            guards_at[address_of(page)] = tuple(region.guards)
            unread.append(page)
    return known | _ask(unread, again=False) if unread and again else known


def differing(pages: Collection[Any]) -> list[Any]:
    """Those of these consumers whose person or rights the database does not have as they were last found.

    Whoever cannot be asked for together with others is among them.
    """
    by_class = defaultdict(list)
    for page in pages:
        by_class[type(page)].append(page)
    known = {page: now for those in by_class.values() for page, now in _ask(those).items()}
    return [page for page in pages if page not in known or _differs(page, known[page])]


def _differs(page: Any, known: Known) -> bool:
    before, now = vars(page.person), vars(known.person)
    if any(before.get(name) != now[name] for name in now.keys() - {"_state", "last_login"}):
        return True
    if page.region.role != known.region.role:
        return True
    return page.greeted and {stream.heads for stream in known.region.streams} != {*page.following}
