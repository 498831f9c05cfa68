"""The import itself, and what its page shows. A batch and its progress are one commit: any end can be resumed from.

No order comes twice: it has its reference as a key, or else the content of its file and its line.
"""

from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from alerts import Role, notify, resolve
from jobs import Failure, JobContext, JobRegion, task
from parlour import Change, StateStream, live, live_write
from shop.forms import clean_row
from shop.imports.csv_reader import Row, open_sheet
from shop.imports.models import Import, Reject
from shop.models import Order

BATCH = 200  # rows: other writers wait some hundredths of a second
MAX_REJECTED, MAX_REJECTED_SIZE = 10_000, 16_000_000  # rows and their characters; then somebody has to look


@task("import", "Imports of orders", exclusive=True)
def import_orders(job: JobContext) -> str:
    """Go on with an import where its last commit left it. Returns its outcome in words."""
    start = imported = Import.objects.get(pk=job.pk)
    try:
        with imported.file.open("rb") as file, open_sheet(file) as sheet:
            rows = (row for row in sheet if row.line > start.line)
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
            body = f"{imported.name}, from {job.owner.name}"
            with transaction.atomic():
                resolve(imported)
                notify(Role("staff"), "order", title, body, reverse("shop:orders"), imported, actor=job.owner)
    imported.file.delete(save=False)
    return imported.outcome


@live_write
def write_batch(change: Change, job: JobContext, rows: list[Row]) -> Import:
    """Write these rows. Returns the import with its new counts. Raises as `job.advance` does."""
    imported = Import.objects.select_related("job__owner").get(pk=job.pk)
    orders, rejects = parse_batch(imported, rows)
    imported.line = rows[-1].line
    imported.orders += len(orders)
    imported.rejected += len(rejects)
    imported.rejected_size += sum(len(cell) for each in rejects for cell in each.cells)
    imported.repeated += len(rows) - len(orders) - len(rejects)
    job.advance(change, imported.line - 1, imported.lines - 1, imported.outcome)  # without the column names
    with live.changed(Order):
        Order.objects.bulk_create(orders)
    Reject.objects.bulk_create(rejects)
    imported.save()
    if orders:
        live.touch("mine", buyer=imported.job.owner_id)
    return imported


def parse_batch(imported: Import, rows: list[Row]) -> tuple[list[Order], list[Reject]]:
    """New orders and rejected rows. Each other row was ordered before: one key is one order."""
    buyer, parsed, rejects = imported.job.owner, [], []
    first = Import.objects.filter(job__owner=buyer, digest=imported.digest).earliest("pk").pk  # of this content
    for row in rows:
        try:
            values = clean_row(row.values)
        except ValidationError as error:
            rejects.append((row, row.error or " ".join(error.messages)))
            continue
        reference = values.pop("reference")
        key = f"ref:{reference}" if reference else f"import:{first}:{row.line}"
        parsed.append((row, Order(buyer=buyer, imported=imported, idempotency_key=key, **values)))
    earlier = Order.objects.filter(buyer=buyer, idempotency_key__in=[order.idempotency_key for _, order in parsed])
    known, orders = {order.idempotency_key: order for order in earlier}, []
    for row, order in parsed:
        same = known.setdefault(order.idempotency_key, order)
        if same is order:
            orders.append(order)
        elif any(getattr(same, name) != getattr(order, name) for name in ("item", "amount", "currency", "note")):
            rejects.append((row, f"One row is one order, and {row.values['reference']} is another one's reference."))
    return orders, [Reject(imported=imported, line=row.line, reason=why[:500], cells=row.cells) for row, why in rejects]


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
