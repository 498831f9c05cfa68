"""By what a socket knows who opened it: the session of a cookie, unless an app has something else."""

from collections.abc import Collection
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

    @classmethod
    def valid(cls, credentials: "Collection[Any]") -> "Collection[Any]":
        """Those of these that are valid still. Override it where one query tells it of many."""
        return [each for each in credentials if _is_valid(each)]


def _is_valid(credential: Credential) -> bool:
    try:
        return bool(credential.identify().person.is_authenticated)
    except Exception:  # whoever has it is asked alone, which says why
        return False


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
        """People of sessions in the database, if the backend that signed them in has `get_users`: by primary key."""
        store = import_module(settings.SESSION_ENGINE).SessionStore
        if not hasattr(store, "get_model_class"):
            return {}
        rows = by_pk(store.get_model_class(), [each.key for each in credentials if each.key])
        held = {key: row.get_decoded() for key, row in rows.items() if row.expire_date > timezone.now()}
        people: dict[str, dict[Any, Any]] = {}
        for backend in {data.get(BACKEND_SESSION_KEY) for data in held.values()} & {*settings.AUTHENTICATION_BACKENDS}:
            pks = [_pk_of(data) for data in held.values() if data.get(BACKEND_SESSION_KEY) == backend]
            people[backend] = getattr(load_backend(backend), "get_users", lambda _: {})(pks)
        found = {}
        for key, data in held.items():
            person = people.get(data.get(BACKEND_SESSION_KEY, ""), {}).get(_pk_of(data))
            sealed = person and person.get_session_auth_hash()
            if sealed and constant_time_compare(data.get(HASH_SESSION_KEY, ""), sealed):
                found[cls(key)] = Identity(person, rows[key].expire_date)
        return found

    @classmethod
    def valid(cls, credentials: "Collection[Session]") -> "Collection[Session]":
        store: Any = import_module(settings.SESSION_ENGINE).SessionStore
        if not hasattr(store, "get_model_class"):
            return credentials
        keys = {each.key for each in credentials}
        rows = store.get_model_class()._default_manager.filter(session_key__in=keys, expire_date__gt=timezone.now())
        return {cls(key) for key in rows.values_list("session_key", flat=True)}


def _pk_of(data: Any) -> Any:
    return get_user_model()._meta.pk.to_python(data.get(SESSION_KEY))


class _SessionData(dict[str, Any]):
    """A session's data for `get_user`, which flushes a session whose password changed: here it is only read."""

    def flush(self) -> None: ...

    def cycle_key(self) -> None: ...
