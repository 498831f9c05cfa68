"""Sessions in the database, under keys that Django makes and nothing else."""

import re
from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

_KEY = re.compile(r"[0-9a-z]{8,40}")


class SessionStore(db.SessionStore):
    """A cookie that cannot be a key is none: PostgreSQL refuses to look for a NUL."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and _KEY.fullmatch(key))

    def _get_session_from_db(self) -> Any:
        """The row of a session that has not expired, by SQL that is written out: every page and form asks."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        sql = "SELECT * FROM django_session WHERE session_key = %s AND expire_date > %s"
        row = next(iter(self.model.objects.raw(sql, [self.session_key, now])), None)
        if row is None:
            self._session_key = None
        return row
