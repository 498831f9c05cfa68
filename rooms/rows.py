"""SQL that is written out, for what every post and page asks.

A queryset takes five to ten times as long to build as the database needs, and a raw one twice as long to read.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def stored(pk: Any) -> Any:
    """A person's primary key as the database holds it, for SQL that is written out."""
    return get_user_model()._meta.pk.get_db_prep_value(pk, connection)


def sent_pk(text: Any) -> int:
    """The primary key that a page sent; 0, which no row has, for anything that is none."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0


def written_out(model: type[Row], condition: str, *values: Any) -> list[Row]:
    """Rows of which this SQL is true; a list among the values stands for as many as it holds."""
    lists = (", ".join(["%s"] * len(value)) if isinstance(value, list) else "%s" for value in values)
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    select, names, compiler, converters = _selected(model)
    with connection.cursor() as cursor:
        cursor.execute(select + condition.replace("%s", "{}").format(*lists), flat)
        rows = cursor.fetchall()
    return [model.from_db(connection.alias, names, row) for row in compiler.apply_converters(rows, converters)]


@cache
def _selected(model: type[models.Model]) -> tuple[str, list[str], Any, Any]:
    """How a model's fields are selected, what they are called, and what makes values of Python of them."""
    compiler = model._default_manager.all().query.get_compiler(connection=connection)
    table = model._meta.db_table
    fields = [field for field in model._meta.concrete_fields if field.model._meta.db_table == table]  # but a parent's
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    select = f"SELECT {columns} FROM {connection.ops.quote_name(table)} WHERE "  # noqa: S608  no value is in it
    names = [field.attname for field in fields]
    return select, names, compiler, compiler.get_converters([field.get_col(table) for field in fields])


def by_pk(model: Any, pks: Iterable[Any]) -> dict[Any, Any]:
    """The rows with these primary keys, by it."""
    column = connection.ops.quote_name(model._meta.pk.column)
    return {row.pk: row for row in written_out(model, f"{column} IN (%s)", [*pks])}
