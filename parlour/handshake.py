"""Who knocks, and from where: decided before a socket is accepted."""

from datetime import datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host

LOGGED = 100  # characters of what a stranger sent


class Visitor(NamedTuple):
    """Somebody at the door: the person (an unsaved AnonymousUser if nobody) and when their session ends."""

    person: Any
    until: datetime | None


def headers(scope: dict[str, Any]) -> dict[str, str]:
    """The headers of a handshake; of one sent twice the last counts."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def foreign(scope: dict[str, Any]) -> str:
    """Why the handshake comes from none of our own pages; "" when its Origin is the scheme and Host it came to.

    A missing, null or foreign Origin is refused, so no other site can speak with a visitor's cookies.
    """
    sent = headers(scope)
    host, page = sent.get("host", ""), sent.get("origin", "")
    if not validate_host(split_domain_port(host)[0], _allowed_hosts()):
        return f"Host {host[:LOGGED]!r} is not in ALLOWED_HOSTS"
    scheme = "https" if _secure(scope, sent) else "http"
    if not _is_at(page, scheme, host):
        return f"it comes from a page of {page[:LOGGED]!r}, not of {f'{scheme}://{host}'[:LOGGED]!r}"
    return ""


def _allowed_hosts() -> list[str]:
    """Those that Django's own pages answer, with DEBUG too."""
    return settings.ALLOWED_HOSTS or ([".localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])


def _is_at(page: str, scheme: str, host: str) -> bool:
    try:
        origin = urlsplit(page)
        origin.port  # noqa: B018  a port that is no number raises here
    except ValueError:
        return False
    return origin.scheme == scheme and origin.netloc.lower() == host.lower() and not origin.path


def _secure(scope: dict[str, Any], sent: dict[str, str]) -> bool:
    if proxy := getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        name, value = proxy
        return sent.get(name.removeprefix("HTTP_").replace("_", "-").lower()) == value
    return scope.get("scheme") in ("wss", "https")


def visitor(scope: dict[str, Any]) -> Visitor:
    """The person whose session cookie came with the handshake, as the database knows them now."""
    cookies = parse_cookie(headers(scope).get("cookie", ""))
    session = import_module(settings.SESSION_ENGINE).SessionStore(cookies.get(settings.SESSION_COOKIE_NAME))
    person = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    if not person.is_authenticated:
        return Visitor(person, None)
    return Visitor(person, _end(session))


def _end(session: Any) -> datetime:
    """When the session ends. One kept in the database says so itself; its store would count from now."""
    kept = session.model._default_manager.filter(pk=session.session_key) if hasattr(session, "model") else None
    until = kept.values_list("expire_date", flat=True).first() if kept is not None else None
    return until or session.get_expiry_date()
