"""Primary keys as pages send them and the database holds them; queries whose SQL is built once."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Func


@lru_cache(10_000)  # a thousand who read at once are asked about twice a second
def stored(pk: Any) -> Any:
    """A person's primary key as the database holds it, for SQL that is written out."""
    return get_user_model()._meta.pk.get_db_prep_value(pk, connection)


def sent_pk(text: Any) -> int:
    """The primary key that a page sent; 0, which no row has, for anything that is none."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0


class AsHeld(Func):
    """A moment as the database holds it: SQLite's driver makes Python's of each bare column that it reads."""

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="+%(expressions)s", **context)


class KeptQuery:
    """A queryset whose SQL is built once, of values that stand for those with which it is asked."""

    def __init__(self, queryset: Any) -> None:
        self.compiler = queryset.query.get_compiler(connection=connection)
        self.sql, self.params = self.compiler.as_sql()
        self.converters = self.compiler.get_converters([each for each, _, _ in self.compiler.select])

    def rows(self, values: Mapping[Any, Any]) -> list[tuple[Any, ...]]:
        """As the database has them, with other `values` in the place of those that stand for them."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [values.get(each, each) for each in self.params])
            return cursor.fetchall()

    def converted(self, rows: Iterable[tuple[Any, ...]]) -> Iterable[list[Any]]:
        """These rows, as a queryset has them."""
        return self.compiler.apply_converters(rows, self.converters)

    def instances(self, values: Mapping[Any, Any]) -> Iterable[Any]:
        """Instances of the model, with annotations."""
        of, annotated, alias = self.compiler.klass_info, self.compiler.annotation_col_map.items(), connection.alias
        names = [self.compiler.select[n][0].target.attname for n in of["select_fields"]]
        for row in self.converted(self.rows(values)):
            instance = of["model"].from_db(alias, names, row[: len(names)])
            vars(instance).update((name, row[n]) for name, n in annotated)
            yield instance
