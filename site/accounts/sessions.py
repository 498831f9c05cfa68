"""Sessions in the database, under keys that Django makes and nothing else; each knows its person and browser."""

import re
from copy import deepcopy
from functools import lru_cache
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Session
from parlour import by_pk

_KEY = re.compile(r"[0-9a-z]{8,40}")


class SessionStore(db.SessionStore):
    """A cookie that cannot be a key is none: PostgreSQL refuses to look for a NUL."""

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def create_model_instance(self, data: Any) -> Any:
        row: Any = super().create_model_instance(data)
        row.person_id = data.get(SESSION_KEY)
        return row

    def decode(self, session_data: Any) -> dict[str, Any]:
        return deepcopy(_decoded(session_data))

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and _KEY.fullmatch(key))

    def _get_session_from_db(self) -> Any:
        """The row of a session that has not expired, by SQL that is written out: every page and form asks."""
        row = by_pk(Session, [self.session_key]).get(self.session_key)
        if row is None or row.expire_date <= timezone.now():
            self._session_key = None
            return None
        return row


@lru_cache(4096)
def _decoded(session_data: str) -> dict[str, Any]:
    """What is signed in there; to check that takes longer than to find it."""
    return dict(db.SessionStore.decode(SessionStore(), session_data))


@receiver(user_logged_in)
def note_browser(request: HttpRequest, **_: Any) -> None:
    """Note by which browser and when somebody signed in, by which they know this session in the list of theirs."""
    agent = request.META.get("HTTP_USER_AGENT", "")[:300]
    request.session.update({"agent": agent, "address": request.META.get("REMOTE_ADDR", "")})
    request.session["since"] = timezone.now().isoformat()
