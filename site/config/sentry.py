"""Errors go to the Sentry that SENTRY_DSN names, without secrets and without what people sent."""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.types import Event, Hint
from sentry_sdk.utils import get_default_release

from config.logs import redact
from parlour import __version__, log_source


def start(dsn: str) -> None:
    """Report what the log has as an error and what a view raises; SENTRY_RELEASE may name the release."""
    sentry_sdk.init(
        dsn=dsn,
        release=get_default_release() or f"parlour@{__version__}",
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration()],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=cleaned,
    )


def cleaned(event: Event, hint: Hint) -> Event:
    """The event with its request, socket or job as a tag; of a request it has the method and the path alone."""
    kind, _, number = log_source.get().partition(" ")
    if kind:
        event.setdefault("tags", {})[kind] = number
    if request := event.get("request"):
        event["request"] = {name: request[name] for name in ("method", "url") if name in request}
    return _redacted(event)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(each) for key, each in value.items()}
    return [_redacted(each) for each in value] if isinstance(value, list | tuple) else value
