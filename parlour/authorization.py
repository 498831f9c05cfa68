"""What pages may see, asked for many of them at once: when they come, when a right may have gone, and now and then."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model

from parlour.models import read_heads
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
    """What `check_rights` returns for each of these consumers at one address, or raises, with a query each for all."""
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


def _ask(pages: Sequence[Any]) -> dict[Any, Known]:
    """What can be said of these pages together; the others, and a second page of one person, are asked for alone."""
    kind, *route = address = address_of(pages[0])
    if address not in guards_at:
        return {}
    by_kind = defaultdict(set)
    for page in pages:
        by_kind[type(page.credential)].add(page.credential)
    identities = {shown: who for of, those in by_kind.items() for shown, who in of.identify_all(those).items()}
    page_of = {identities[page.credential].person.pk: page for page in pages if page.credential in identities}
    heads = read_heads({*guards_at[address], *map(rights, page_of)})
    regions = kind.authorize_all([identities[page.credential].person for page in page_of.values()], **dict(route))
    together = {}
    for pk, page in page_of.items():
        if pk in regions and {*regions[pk].guards} <= {*guards_at[address]}:
            guards = {name: heads[name] for name in (rights(pk), *guards_at[address])}
            person, until = identities[page.credential]
            together[page] = Known(person, until, guards, regions[pk])
    return together


def differing(pages: Collection[Any]) -> list[Any]:
    """Those of these consumers whose credential, person or rights the database does not have as they were last found.

    Sessions and people cost a query each for all of them, rights one `authorize_all` for each address.
    """
    signed_in = [page for page in pages if page.person.is_authenticated]
    people = get_user_model()._default_manager.in_bulk({page.person.pk for page in signed_in})
    shown: dict[Any, set[Any]] = defaultdict(set)  # credentials by their kind
    for page in signed_in:
        shown[type(page.credential)].add(page.credential)
    valid = {each for kind, those in shown.items() for each in kind.valid(those)}
    at: dict[Any, dict[Any, Any]] = defaultdict(dict)  # people by their primary keys, by address
    for page in pages:
        at[address_of(page)][page.person.pk] = people.get(page.person.pk, page.person)
    allowed = {address: address[0].authorize_all(at[address].values(), **dict(address[1:])) for address in at}

    def differs(page: Any) -> bool:
        if page.person.is_authenticated and (page.person.pk not in people or page.credential not in valid):
            return True
        known, now = vars(page.person), vars(people.get(page.person.pk, page.person))
        if any(known.get(name) != now[name] for name in now.keys() - {"_state", "last_login"}):
            return True
        region = allowed[address_of(page)].get(page.person.pk)
        return region is None or (page.greeted and {stream.heads for stream in region.streams} != {*page.following})

    return [page for page in pages if differs(page)]
