"""The full-text index of messages, which the database keeps by itself, whichever way a row is written.

On SQLite it is an FTS5 table that triggers fill, with a function of Python that only Django's connections have; on
PostgreSQL an index on an expression. It is built after `migrate`: on SQLite a migration that alters the table of
messages drops its triggers. Whoever changes what is indexed has to drop the table, or function and index, first.
"""

import re
import unicodedata
from typing import Any

from django.db import connections, transaction

from rooms.markup import UNSPACED
from rooms.models import Message

_DIACRITICS = "[\u0300-\u036f]"
_TABLE = Message._meta.db_table
_ROW = "VALUES ({command} {row}.id, {row}.room_id, parlour_rooms_words({row}.text))"
_ADD = f"INSERT INTO parlour_rooms_search (rowid, room, words) {_ROW.format(command='', row='new')};"
_REMOVE = f"""\
INSERT INTO parlour_rooms_search (parlour_rooms_search, rowid, room, words)
{_ROW.format(command="'delete',", row="old")};"""
_TRIGGERS = {
    "parlour_rooms_search_insert": f"AFTER INSERT ON {_TABLE} BEGIN {_ADD} END",
    "parlour_rooms_search_update": f"AFTER UPDATE OF text, room_id ON {_TABLE} BEGIN {_REMOVE} {_ADD} END",
    "parlour_rooms_search_delete": f"AFTER DELETE ON {_TABLE} BEGIN {_REMOVE} END",
}
_SQLITE = [
    "DROP TABLE IF EXISTS parlour_rooms_search",
    """CREATE VIRTUAL TABLE parlour_rooms_search USING fts5(room, words, content='', prefix='1 2 3',
    tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'")""",
    f"""INSERT INTO parlour_rooms_search (rowid, room, words)
    SELECT id, room_id, parlour_rooms_words(text) FROM {_TABLE}""",  # noqa: S608
    *(f"DROP TRIGGER IF EXISTS {name}" for name in _TRIGGERS),
    *(f"CREATE TRIGGER {name} {does}" for name, does in _TRIGGERS.items()),
]
_BLANKS = r"regexp_replace($1, '[!-/:-@\[-`{-~]', ' ', 'g')"  # string.punctuation
_PLAIN = f"normalize(regexp_replace(normalize({_BLANKS}, NFD), '{_DIACRITICS}', '', 'g'), NFKC)"
_POSTGRESQL = [  # what is in SQL is taken to cost next to nothing, so messages without the words are read by thousands
    f"""CREATE OR REPLACE FUNCTION parlour_rooms_words(text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $words$ BEGIN
    RETURN to_tsvector('pg_catalog.simple', CASE WHEN octet_length($1) = length($1) THEN {_BLANKS}
    ELSE regexp_replace({_PLAIN}, '{UNSPACED.pattern}', ' \\& ', 'g') END); END $words$""",
    f"CREATE INDEX parlour_rooms_words ON {_TABLE} USING gin (parlour_rooms_words(text))",
    f"ANALYZE {_TABLE}",  # without it PostgreSQL takes every word to be rare
]


def words_of(text: str) -> str:
    """`text` without diacritics, each sign of a script in which words have no blanks between them set apart."""
    if text.isascii():
        return text
    plain = re.sub(_DIACRITICS, "", unicodedata.normalize("NFD", text))
    return UNSPACED.sub(r" \g<0> ", unicodedata.normalize("NFKC", plain))


def add_function(connection: Any, **_: Any) -> None:
    """Give a new connection to SQLite what the triggers call."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("parlour_rooms_words", 1, words_of, deterministic=True)


def build(using: str, **_: Any) -> None:
    """Build the index in this database, unless it is there."""
    connection = connections[using]
    with transaction.atomic(using), connection.cursor() as cursor:
        if _TABLE in connection.introspection.table_names(cursor):
            if connection.vendor == "sqlite":
                cursor.execute("SELECT COUNT(*) FROM sqlite_master WHERE name IN (%s, %s, %s)", [*_TRIGGERS])
                _execute(cursor, [] if cursor.fetchone()[0] == len(_TRIGGERS) else _SQLITE)
            elif connection.vendor == "postgresql":
                cursor.execute("SELECT to_regclass('parlour_rooms_words')")
                _execute(cursor, _POSTGRESQL[:1] if cursor.fetchone()[0] else _POSTGRESQL)


def _execute(cursor: Any, statements: list[str]) -> None:
    for statement in statements:
        cursor.execute(statement)
