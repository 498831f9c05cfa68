"""Primary keys as pages send them and the database holds them."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection


def stored(pk: Any) -> Any:
    """A person's primary key as the database holds it, for SQL that is written out."""
    return get_user_model()._meta.pk.get_db_prep_value(pk, connection)


def sent_pk(text: Any) -> int:
    """The primary key that a page sent; 0, which no row has, for anything that is none."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0
