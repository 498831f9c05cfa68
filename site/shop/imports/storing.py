"""Writing a batch: its orders, its rejected rows and how far the import has come are one commit."""

from typing import NamedTuple

from jobs import Running
from parlour import Change, live_write
from shop.imports.batches import Batch, Rejected, Taken, rejected
from shop.imports.models import Import, Reject, head
from shop.models import EVERY, Order, bought

SHOWN = 200  # rejected rows on the page of an import; the file to download has them all


class Counts(NamedTuple):
    """What became of the rows so far."""

    orders: int
    repeated: int
    rejected: int

    @classmethod
    def of(cls, imported: Import) -> "Counts":
        return cls(imported.orders, imported.repeated, imported.rejected)

    @property
    def words(self) -> str:
        """ "1,204 orders are in, 3 rows were rejected" """
        words = "1 order is in" if self.orders == 1 else f"{self.orders:,} orders are in"
        if self.repeated:
            words += f", {self.repeated:,} had been there before"
        if self.rejected:
            words += f", {self.rejected:,} row{' was' if self.rejected == 1 else 's were'} rejected"
        return words


@live_write
def store(change: Change, job: Running, imported: Import, batch: Batch) -> Counts:
    """Write a batch, and its progress with it. Returns what became of all rows so far. Raises as `job.advance` does."""
    fresh, repeated, rejects = _sorted(imported, batch)
    was = Counts.of(imported)
    now = Counts(was.orders + len(fresh), was.repeated + repeated, was.rejected + len(rejects))
    job.advance(change, sum(now), imported.total, now.words)
    Order.objects.bulk_create(fresh)
    Reject.objects.bulk_create(Reject(imported=imported, **each._asdict()) for each in rejects)
    Import.objects.filter(pk=imported.pk).update(cursor=batch.cursor, line=batch.line, **now._asdict())
    if fresh:
        change.touch(EVERY)
        change.touch(bought(imported.job.owner_id))
    if _far_more(was.rejected, now.rejected):
        change.touch(head(imported.pk))
    return now


def _far_more(was: int, now: int) -> bool:
    """Whether rejected rows are shown again: each time there are twice as many, for all of them are sent each time."""
    return was <= SHOWN and (now > SHOWN or now.bit_length() > was.bit_length())


@live_write
def show_rest(change: Change, imported: Import) -> None:
    """It is over for now: show those rejected rows that were not shown yet."""
    if 0 < imported.rejected <= SHOWN:
        change.touch(head(imported.pk))


def _sorted(imported: Import, batch: Batch) -> tuple[list[Order], int, list[Rejected]]:
    """A batch's new orders, how many of its rows are orders already, and what is rejected: one reference, one order."""
    known = _known(imported, batch)
    fresh: list[Order] = []
    repeated, rejects = 0, list(batch.rejected)
    for taken in batch.taken:
        order = _order(imported, taken)
        earlier = known.setdefault(order.slip, order)
        if earlier is order:
            fresh.append(order)
        elif all(getattr(earlier, name) == getattr(order, name) for name in ("item", "amount", "currency", "note")):
            repeated += 1
        else:
            reason = f"Reference {taken.slip.reference} is that of another order of yours."
            rejects.append(rejected(taken.row, reason))
    return fresh, repeated, rejects


def _known(imported: Import, batch: Batch) -> dict[str, Order]:
    """The orders that bear one of the batch's references, by their slips."""
    slips = [_number(imported, taken) for taken in batch.taken if taken.slip.reference]
    earlier = Order.objects.filter(buyer=imported.job.owner_id, slip__in=slips) if slips else []
    return {order.slip: order for order in earlier}


def _order(imported: Import, taken: Taken) -> Order:
    slip = taken.slip
    return Order(
        buyer_id=imported.job.owner_id,
        item=slip.item,
        note=slip.note,
        amount=slip.amount,
        currency=slip.currency,
        slip=_number(imported, taken),
        imported=imported,
    )


def _number(imported: Import, taken: Taken) -> str:
    """The slip of an order: the sender's own number, or that of its row."""
    reference = taken.slip.reference
    return f"ref:{reference}" if reference else f"import:{imported.pk}:{taken.row.line}"
