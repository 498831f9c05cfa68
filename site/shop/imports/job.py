"""The import itself, and what its page shows. A batch and its progress are one commit: any end can be resumed from.

No order comes twice: it has its reference as a key, or else the content of its file and its line.
"""

from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from alerts import Role, notify, resolve
from jobs import Failure, JobContext, JobRegion, task
from parlour import Change, StateStream, live, live_write
from shop.forms import clean_row
from shop.imports.csv_reader import Row, open_sheet
from shop.imports.models import Import, Reject
from shop.models import Order

BATCH = 500  # rows: other writers wait some hundredths of a second
KEY, VALUES = "idempotency_key", ("item", "note", "amount", "currency")  # columns; one key is one order of these
MAX_REJECTED, MAX_REJECTED_SIZE = 10_000, 16_000_000  # rows and their characters; then somebody has to look


@task("import", gettext_lazy("Imports of orders"), exclusive=True)
def import_orders(job: JobContext) -> str:
    """Go on with an import where its last commit left it. Returns its outcome in words."""
    start = imported = Import.objects.get(pk=job.pk)
    try:
        with imported.file.open("rb") as file, open_sheet(file) as sheet:
            rows = (checked(row) for row in sheet if row.line > start.line)
            while batch := list(islice(rows, BATCH)):
                if imported.rejected >= MAX_REJECTED or imported.rejected_size >= MAX_REJECTED_SIZE:
                    raise ValidationError(f"It was stopped before line {batch[0].line:,}: too many rows were rejected.")
                imported = write_batch(job, batch)
    except ValidationError as error:
        raise Failure(f"{error.message} {imported.outcome}", again=False) from None
    except FileNotFoundError:
        raise Failure("The file is not here any more. Send it again.", again=False) from None
    finally:
        if imported.orders > start.orders:  # one alert of an import, however many orders and tries
            title = f"{imported.orders:,} new order{'' if imported.orders == 1 else 's'} from an import"
            with transaction.atomic():
                resolve(imported)
                notify(Role("staff"), "order", title, imported.name, reverse("shop:orders"), imported, actor=job.owner)
    imported.file.delete(save=False)
    return imported.outcome


def checked(row: Row) -> Row:
    """The row with the values that an order has, or with why it is none."""
    try:
        return row if row.error else row._replace(values=clean_row(row.values))
    except ValidationError as error:
        return row._replace(error=" ".join(error.messages))


@live_write
def write_batch(change: Change, job: JobContext, rows: list[Row]) -> Import:
    """Write these rows. Returns the import with its new counts. Raises as `job.advance` does."""
    imported = Import.objects.select_related("job__owner").get(pk=job.pk)
    orders, rejects = sort_out(imported, rows)
    imported.line = rows[-1].line
    imported.orders += len(orders)
    imported.rejected += len(rejects)
    imported.rejected_size += sum(len(cell) for each in rejects for cell in each.cells)
    imported.repeated += len(rows) - len(orders) - len(rejects)
    job.advance(change, imported.line - 1, imported.lines - 1, imported.outcome)  # without the column names
    if orders:
        with live.changed(Order):
            insert(imported, orders)
        live.touch("mine", buyer=imported.job.owner_id)
    Reject.objects.bulk_create(rejects)
    imported.save()
    return imported


def sort_out(imported: Import, rows: list[Row]) -> tuple[dict[str, tuple[Any, ...]], list[Reject]]:
    """The VALUES of new orders by key, and rejected rows. Each other row was ordered before: one key is one order."""
    buyer = imported.job.owner
    first = Import.objects.filter(job__owner=buyer, digest=imported.digest).earliest("pk").pk  # of this content
    fine = [row for row in rows if not row.error]
    references = [row.values["reference"] for row in fine]
    keys = [f"ref:{each}" if each else f"import:{first}:{row.line}" for each, row in zip(references, fine, strict=True)]
    known = {key: tuple(values) for key, *values in Order.objects.sent(buyer, keys).values_list(KEY, *VALUES)}
    orders: dict[str, tuple[Any, ...]] = {}
    rejects = [(row, row.error) for row in rows if row.error]
    for key, reference, row in zip(keys, references, fine, strict=True):
        values = tuple(row.values[name] for name in VALUES)
        if key not in known:
            known[key] = orders[key] = values
        elif known[key] != values:
            rejects.append((row, f"One row is one order, and {reference} is another one's reference."))
    return orders, [Reject(imported=imported, line=row.line, reason=why[:500], cells=row.cells) for row, why in rejects]


def insert(imported: Import, orders: dict[str, tuple[Any, ...]]) -> None:
    """Insert these new orders by one statement, which `bulk_create` takes five times as long to build."""
    now = timezone.now()
    same = {"buyer": imported.job.owner_id, "imported": imported.pk, "status": Order.Status.NEW}
    same |= {"created": now, "updated": now}
    fields: list[Any] = [Order._meta.get_field(name) for name in (*same, KEY, *VALUES)]
    stored = [field.get_db_prep_save(value, connection) for field, value in zip(fields, same.values(), strict=False)]
    own = ", ".join([f"({', '.join(['%s'] * (1 + len(VALUES)))})"] * len(orders))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Order._meta.db_table} ({', '.join(field.column for field in fields)}) "  # noqa: S608  no value is in it
            f"SELECT {', '.join(['%s'] * len(same))}, own.* FROM (VALUES {own}) AS own",
            [*stored, *(part for key, values in orders.items() for part in (key, *values))],
        )


class ImportStream(StateStream):
    """What stands beside the bar: counts, links and the first rejected rows, at most once a second."""

    template = "partials/imports.html#details"
    part = "details"
    gap = 1.0

    def __init__(self, region: JobRegion) -> None:
        super().__init__(region.job.stream, region)
        self.job = region.job.pk

    def present(self) -> dict[str, Any]:
        return {"imported": Import.objects.select_related("job").get(pk=self.job)}


import_orders.more(lambda region: [ImportStream(region)])
