"""By what a socket knows who opened it: the session of a cookie, unless an app has something else."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user,
    get_user_model,
    load_backend,
)
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from parlour.database import by_pk


class Identity(NamedTuple):
    """Who opened the socket (an AnonymousUser if nobody is signed in) and when that ends."""

    person: Any
    until: datetime | None


class Credential:
    """What somebody shows to say who they are; this one says nothing. Subclasses can be compared and hashed.

    A middleware puts one into the `credential` of a socket's scope, a consumer takes one in `credential_of` or at its
    hello. Only a cookie comes with requests of other sites' pages, so that with anything else any page may connect.
    """

    def identify(self) -> Identity:
        """The person as the database knows them now. Denied if it is not valid any more. Runs on a database thread."""
        return Identity(AnonymousUser(), None)

    @classmethod
    def identify_all(cls, credentials: "Collection[Any]") -> "dict[Any, Identity]":
        """What `identify` says of each of these; who is missing is asked for alone, which says why."""
        found = {}
        for each in credentials:
            with suppress(Exception):
                found[each] = each.identify()
        return found


@dataclass(frozen=True, slots=True)
class Session(Credential):
    """The session of a cookie. One in the database costs one query."""

    key: str | None

    def identify(self) -> Identity:
        store = import_module(settings.SESSION_ENGINE).SessionStore(self.key)
        session, until = store, None
        if hasattr(store, "model"):
            row = by_pk(store.model, [store.session_key]).get(store.session_key) if store.session_key else None
            row = row if row and row.expire_date > timezone.now() else None
            session, until = _SessionData(row.get_decoded() if row else {}), row and row.expire_date
        person = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
        if not person.is_authenticated:
            return Identity(person, None)
        return Identity(person, until or store.get_expiry_date())

    @classmethod
    def identify_all(cls, credentials: "Collection[Session]") -> "dict[Session, Identity]":
        """Sessions in the database, and the people of each backend, cost a query each."""
        store = import_module(settings.SESSION_ENGINE).SessionStore
        if not hasattr(store, "get_model_class"):
            return super(Session, cls).identify_all(credentials)
        rows = by_pk(store.get_model_class(), [each.key for each in credentials if each.key])
        held = {key: row.get_decoded() for key, row in rows.items() if row.expire_date > timezone.now()}
        by_backend: dict[str, set[Any]] = defaultdict(set)
        for data in held.values():
            by_backend[data.get(BACKEND_SESSION_KEY, "")].add(_pk_of(data))
        people = {path: _people(path, pks) for path, pks in by_backend.items()}
        identities = {}
        for each in credentials:
            data = held.get(each.key or "", {})
            person = people.get(data.get(BACKEND_SESSION_KEY, ""), {}).get(_pk_of(data))
            if SESSION_KEY not in data:
                identities[each] = Identity(AnonymousUser(), None)
            elif person and _is_sealed(data, person):
                identities[each] = Identity(person, rows[each.key].expire_date)
        return identities


def _pk_of(data: Any) -> Any:
    return get_user_model()._meta.pk.to_python(data.get(SESSION_KEY))


def _people(path: str, pks: Iterable[Any]) -> dict[Any, Any]:
    """Those of these people whom this backend knows, as far as many can be asked for at once."""
    if path not in settings.AUTHENTICATION_BACKENDS:
        return {}
    backend: Any = load_backend(path)
    if hasattr(backend, "get_users"):
        return backend.get_users(pks)
    if type(backend).get_user is not ModelBackend.get_user:
        return {}
    return {pk: person for pk, person in by_pk(get_user_model(), pks).items() if backend.user_can_authenticate(person)}


def _is_sealed(data: Any, person: Any) -> bool:
    """Whether the session is of the password that the person has now."""
    return constant_time_compare(data.get(HASH_SESSION_KEY, ""), getattr(person, "get_session_auth_hash", str)())


class _SessionData(dict[str, Any]):
    """A session's data for `get_user`, which flushes a session whose password changed: here it is only read."""

    def flush(self) -> None: ...

    def cycle_key(self) -> None: ...
