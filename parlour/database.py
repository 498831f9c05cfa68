"""The one place where asynchronous code uses the database, and SQL that is written out."""

import asyncio
from asyncio import Semaphore
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from functools import cache
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import close_old_connections, connections, models, router
from django.db.models.signals import post_save
from django.urls import set_script_prefix
from django.utils import translation
from django.utils.connection import ConnectionProxy

from parlour.conf import conf

VALUES = 900  # in one statement; SQLite takes a thousand
T = TypeVar("T")
Asked = TypeVar("Asked")
Row = TypeVar("Row", bound=models.Model)
log_source: ContextVar[str] = ContextVar("log_source", default="")
"""What the running code works for, so that a log line can say so; it follows a socket onto the database threads.

A kind and an id, such as "socket 5f2c81d0", "request …" or "job 12"; "" for what the engine does for all.
"""


@cache
def _threads() -> ThreadPoolExecutor:
    """Threads of our own: with Channels' single shared thread one slow query would hold up every socket.

    Addresses that are made on them begin with FORCE_SCRIPT_NAME, as Django's own do.
    """
    prefix = settings.FORCE_SCRIPT_NAME or "/"
    return ThreadPoolExecutor(conf.THREADS, "parlour", initializer=set_script_prefix, initargs=(prefix,))


def submit(work: Callable[..., T], *args: Any) -> "Future[T]":
    """Run `work(*args)`, which may use the ORM, on one of the engine's threads and in the caller's language.

    Connections live as long as CONN_MAX_AGE says: SQLite's stay open with their thread, PostgreSQL's return to the
    pool after each piece of work.
    """
    return _threads().submit(_as_the_caller, translation.get_language(), log_source.get(), work, *args)


def run(work: Callable[..., T], *args: Any) -> "asyncio.Future[T]":
    """The same for asynchronous code, which awaits the result."""
    return asyncio.wrap_future(submit(work, *args))


def _as_the_caller(language: str, source: str, work: Callable[..., T], *args: Any) -> T:
    log_source.set(source)
    close_old_connections()
    try:
        with translation.override(language):
            return work(*args)
    finally:
        close_old_connections()


class Gathered(Generic[Asked, T]):
    """Asks the database once for all who ask the same at the same time.

    `work` takes a list of what is asked, at most so `many`, and returns a result for each, or an exception that is
    raised there. `turns` limits how much of this is under way.
    """

    def __init__(self, work: Callable[[list[Asked]], Sequence[T | Exception]], many: int, turns: Semaphore) -> None:
        self.work, self.many, self.turns = work, many, turns
        self.waiting: list[tuple[Asked, asyncio.Future[T]]] = []
        self.task: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> T:
        """The result for `asked`."""
        loop = asyncio.get_running_loop()
        self.waiting.append((asked, loop.create_future()))
        self.task = self.task or loop.create_task(self._answer_all())
        return await self.waiting[-1][1]

    async def _answer_all(self) -> None:
        await asyncio.sleep(0)  # until all have asked whose turn it is with the first
        while self.waiting:
            async with self.turns:
                those, self.waiting = self.waiting[: self.many], self.waiting[self.many :]
                try:
                    results = await run(self.work, [asked for asked, _ in those])
                except Exception as error:
                    results = [error] * len(those)
            for (_, answer), result in zip(those, results, strict=True):
                if answer.done():  # its socket is gone
                    continue
                if isinstance(result, Exception):
                    answer.set_exception(result)
                else:
                    answer.set_result(result)
        self.task = None


def written_out(model: type[Row], condition: str, *values: Any) -> list[Row]:
    """Rows of which this SQL is true; a list among the values stands for as many as it holds.

    For what every page, post and socket asks: a queryset takes five to ten times as long to build as the database
    needs, and a raw one twice as long to read.
    """
    lists = (", ".join(["%s"] * len(value)) if isinstance(value, list) else "%s" for value in values)
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    alias, select, names, compiler, converters = _selected(model)
    with connections[alias].cursor() as cursor:
        cursor.execute(select + condition.replace("%s", "{}").format(*lists), flat)
        rows = cursor.fetchall()
    return [model.from_db(alias, names, row) for row in compiler.apply_converters(rows, converters)]


@cache
def _selected(model: type[models.Model]) -> tuple[str, str, list[str], Any, Any]:
    """Where a model's fields are, how they are selected, what they are called, what makes values of Python of them."""
    alias, table = model._default_manager.db, model._meta.db_table
    connection: Any = ConnectionProxy(connections, alias)  # whichever thread it is used in
    compiler = model._default_manager.all().query.get_compiler(connection=connection)
    fields = [field for field in model._meta.concrete_fields if field.model._meta.db_table == table]  # but a parent's
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    select = f"SELECT {columns} FROM {connection.ops.quote_name(table)} WHERE "  # noqa: S608  no value is in it
    names = [field.attname for field in fields]
    return alias, select, names, compiler, compiler.get_converters([field.get_col(table) for field in fields])


def insert(model: type[models.Model], rows: Sequence[Any]) -> None:
    """What `bulk_create(rows)` does, in a third of its time for few plain rows: each message that is posted is one."""
    if post_save.has_listeners(model):  # some part watches it
        for row in rows:
            row.save(force_insert=True)
        return
    alias, fields, statement = _inserting(model)
    connection = connections[alias]
    values = [
        None
        if (value := field.pre_save(row, add=True)) is None and as_it_is
        else field.get_db_prep_save(value, connection)
        for row in rows
        for field, as_it_is in fields
    ]
    if not 0 < len(values) <= VALUES or any(row.pk for row in rows) or any(hasattr(each, "as_sql") for each in values):
        model._default_manager.bulk_create(rows)
        return
    with connection.cursor() as cursor:
        places = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
        cursor.execute(statement.format(places), values)
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk, row._state.adding, row._state.db = pk, False, alias


@cache
def _inserting(model: type[models.Model]) -> tuple[str, list[Any], str]:
    """Where its rows go, the fields that are written, and the statement; no fields where Django has to see to more.

    With each field it says whether None is written as it is.
    """
    alias, meta = router.db_for_write(model), model._meta
    ops, fields = connections[alias].ops, [field for field in meta.local_concrete_fields if not field.primary_key]
    plain = connections[alias].features.can_return_rows_from_bulk_insert
    plain &= isinstance(meta.pk, models.AutoField) and not meta.parents
    plain &= type(model._default_manager.all()).bulk_create is models.QuerySet.bulk_create
    plain &= not any(field.generated or field.has_db_default() or hasattr(field, "get_placeholder") for field in fields)
    columns = ", ".join(ops.quote_name(str(field.column)) for field in fields)
    table, pk = ops.quote_name(meta.db_table), ops.quote_name(str(meta.pk.column))
    written = [(field, field.get_db_prep_save(None, connections[alias]) is None) for field in fields]
    return alias, written if plain else [], f"INSERT INTO {table} ({columns}) VALUES {{}} RETURNING {pk}"  # noqa: S608


def by_pk(model: Any, pks: Iterable[Any]) -> dict[Any, Any]:
    """The rows with these primary keys, by it."""
    return {row.pk: row for row in written_out(model, _is_among(model), [*pks])}


@cache
def _is_among(model: Any) -> str:
    return f"{connections[model._default_manager.db].ops.quote_name(model._meta.pk.column)} IN (%s)"
