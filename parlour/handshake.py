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


class Visitor(NamedTuple):
    """Somebody at the door: the person (an unsaved AnonymousUser if nobody) and when their session ends."""

    person: Any
    until: datetime | None


def headers(scope: dict[str, Any]) -> dict[str, str]:
    """The headers of a handshake; of one sent twice the last counts."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def same_origin(scope: dict[str, Any]) -> bool:
    """Whether the handshake comes from one of our own pages: its Origin is the scheme and Host it came to.

    A missing, null or foreign Origin is refused, so no other site can speak with a visitor's cookies.
    """
    sent = headers(scope)
    host = sent.get("host", "")
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    try:
        origin = urlsplit(sent.get("origin", ""))
        origin.port  # noqa: B018  a port that is no number raises here
    except ValueError:
        return False
    scheme = "https" if _secure(scope, sent) else "http"
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
