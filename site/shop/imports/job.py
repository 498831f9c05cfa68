"""The import itself: each batch and its progress are one commit, so that it can be resumed after any end."""

from itertools import islice

from django.urls import reverse

from alerts import Role, add_alert, resolve
from jobs import Failure, JobContext, task
from parlour import Change, live_write
from shop.forms import RowForm
from shop.imports.csv_reader import COLUMNS, CsvReader, FileRejected, Row
from shop.imports.models import Import, Reject
from shop.models import ALL_ORDERS, Order, orders_of

BATCH = 200  # rows: other writers wait some hundredths of a second
MAX_REJECTED = 10_000  # rows, after which somebody has to look
VALUES = ("item", "amount", "currency", "note")


@task("import", "Imports of orders", exclusive=True)
def import_orders(job: JobContext) -> str:
    """Go on with an import where its last commit left it. Returns its outcome in words."""
    imported = Import.objects.get(pk=job.pk)
    start = imported.line
    try:
        with imported.file.open("rb") as file:
            rows = (row for row in CsvReader(file) if row.line > start)
            while batch := list(islice(rows, BATCH)):
                if imported.rejected >= MAX_REJECTED:
                    raise FileRejected(f"{imported.rejected:,} rows were rejected, so it was stopped.")
                imported = write_batch(job, batch)
    except FileRejected as error:
        raise Failure(f"{error} {imported.outcome}", again=False) from None
    except FileNotFoundError:
        raise Failure("The file is not here any more. Send it again.", again=False) from None
    finally:
        alert_staff(job.pk)
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
    imported.repeated += len(rows) - len(orders) - len(rejects)
    job.advance(change, imported.line - 1, imported.lines - 1, imported.outcome)  # without the column names
    Order.objects.bulk_create(orders)
    Reject.objects.bulk_create(rejects)
    imported.save()
    if orders:
        change.touch(ALL_ORDERS)
        change.touch(orders_of(job.owner.pk))
    return imported


def parse_batch(imported: Import, rows: list[Row]) -> tuple[list[Order], list[Reject]]:
    """New orders and rejected rows. Each other row was ordered before: one reference is one order."""
    parsed = [(row, parse_row(imported, row)) for row in rows]
    keys = [each.idempotency_key for _, each in parsed if isinstance(each, Order)]
    earlier = Order.objects.filter(buyer=imported.job.owner, idempotency_key__in=keys)
    known = {order.idempotency_key: order for order in earlier}
    orders, rejects = [], []
    for row, each in parsed:
        if isinstance(each, Order):
            first = known.setdefault(each.idempotency_key, each)
            if first is each:
                orders.append(each)
            elif any(getattr(first, name) != getattr(each, name) for name in VALUES):
                each = f"Reference {row.cells[-1]} is that of another order of yours."
        if isinstance(each, str):
            cells = [cell[:500] for cell in row.cells[:8]]
            rejects.append(Reject(imported=imported, line=row.line, reason=each[:500], cells=cells))
    return orders, rejects


def parse_row(imported: Import, row: Row) -> Order | str:
    """An unsaved order of the import's owner, or every reason why the row is none."""
    if row.error:
        return row.error
    form = RowForm(dict(zip(COLUMNS, row.cells, strict=True)))
    if not form.is_valid():
        return " ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
    reference = form.cleaned_data.pop("reference")
    key = f"ref:{reference}" if reference else f"import:{imported.pk}:{row.line}"
    return Order(buyer=imported.job.owner, imported=imported, idempotency_key=key, **form.cleaned_data)


@live_write
def alert_staff(change: Change, pk: int) -> None:
    """Alert staff of an import's orders, and anew if more came since: one alert, however many orders."""
    imported = Import.objects.select_related("job__owner").get(pk=pk)
    if imported.orders > imported.announced:
        Import.objects.filter(pk=pk).update(announced=imported.orders)
        resolve(imported)
        owner, orders = imported.job.owner, "order" if imported.orders == 1 else "orders"
        title, body = f"{imported.orders:,} new {orders} from an import", f"{imported.name}, from {owner.name}"
        url = reverse("shop:orders")
        add_alert(change, Role("staff"), "order", title, body, url, imported, key="orders", actor=owner)
