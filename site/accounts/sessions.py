"""Sessions in the database, under keys that Django makes and nothing else."""

import re

from django.contrib.sessions.backends import db

_KEY = re.compile(r"[0-9a-z]{8,40}")


class SessionStore(db.SessionStore):
    """A cookie that cannot be a key is none: PostgreSQL refuses to look for a NUL."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and _KEY.fullmatch(key))
