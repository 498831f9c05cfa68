"""The import itself: read through once, then written a batch at a time, each batch with its progress in one commit."""

import errno
from contextlib import suppress
from itertools import islice

from django.conf import settings
from django.db import DatabaseError
from django.urls import reverse

from alerts import Role, settle
from alerts.models import Alert
from alerts.telling import named, tell
from http_bridge import disk
from jobs import Failure, Running, task
from jobs.running import Cancelled
from parlour import Change, live_write
from shop.imports.batches import batches
from shop.imports.models import Import
from shop.imports.sheet import NO_ORDER, Sheet, Unreadable
from shop.imports.storing import Counts, show_rest, store
from shop.imports.turns import turn

LOOK = 2_000  # rows of one turn of the first reading
MOST = 1_000_000  # rows of one sheet, blank ones too
MOST_REJECTED = 10_000  # rows, after which somebody has to look
NO_ROOM = ("disk is full", "No space left")  # what SQLite, PostgreSQL and systems say


@task("import", "Imports of orders", alone=True, resumes=True)
def import_orders(job: Running) -> str:
    """Go on with an import where its last commit left it. Returns what came of it, in words."""
    imported = Import.objects.select_related("job__owner").get(pk=job.pk)
    try:
        if imported.cursor < imported.size:
            with imported.path.open("rb") as file:
                _read(job, imported, Sheet(file))
    except (Cancelled, Exception) as why:
        with suppress(DatabaseError):
            _conclude(imported)
        if words := _reason(why):
            again = not isinstance(why, Unreadable | FileNotFoundError)
            raise Failure(f"{words} {outcome(imported)}", again) from why
        raise
    _conclude(imported)
    imported.path.unlink(missing_ok=True)
    return outcome(imported)


def _read(job: Running, imported: Import, sheet: Sheet) -> None:
    if not imported.total:
        _look_through(job, imported, sheet)
    sheet.go(imported.cursor, imported.line)
    left = batches(sheet)
    while True:
        with turn():
            batch = next(left, None)
            if batch is None:
                return
            _may_go_on(imported)
            if batch.taken or batch.rejected:
                imported.orders, imported.repeated, imported.rejected = store(job, imported, batch)
        job.check()


def _may_go_on(imported: Import) -> None:
    """Whether more may be written. Raises Failure, or OSError when only the reserve of the disk is left."""
    if imported.rejected >= MOST_REJECTED:
        many = f"{imported.rejected:,} rows were rejected"
        raise Failure(f"{many}, so it was stopped: look at them first. What was in order is in.")
    if disk.writable_bytes(settings.UPLOADS) <= 0:
        raise OSError(errno.ENOSPC, "what is left is kept for the database")


def _look_through(job: Running, imported: Import, sheet: Sheet) -> None:
    """Read to the end before anything is written: what makes a whole sheet unreadable leaves no order behind."""
    start, read, total = (sheet.cursor, sheet.line), 0, 0
    rows = iter(sheet)
    job.report(0, None, "Reading it through.")
    blank = [True] * LOOK
    while len(blank) == LOOK:
        with turn():
            blank = [row.blank for row in islice(rows, LOOK)]
        read += len(blank)
        total += blank.count(False)
        if read > MOST:
            raise Unreadable(f"It has more than {MOST:,} rows. Split it and send the parts.")
        job.check()
    if not total:
        raise Unreadable(NO_ORDER)
    imported.columns, imported.total, (imported.cursor, imported.line) = sheet.columns, total, start
    imported.save(update_fields=["columns", "cursor", "line", "total"])


def _reason(why: BaseException) -> str:
    """What its owner can understand of an end before the end; "" for what is none of theirs."""
    if isinstance(why, Unreadable):
        return str(why)
    if isinstance(why, FileNotFoundError):
        return "The file is not here any more. Send it again."
    if getattr(why, "errno", 0) == errno.ENOSPC or any(words in str(why) for words in NO_ROOM):
        return "There is no room left on the disk. Try again once there is."
    return ""


def outcome(imported: Import) -> str:
    """ "1,204 orders are in, 3 rows were rejected." """
    words = Counts.of(imported).words if imported.total else "Nothing was imported"
    return f"{words[0].upper()}{words[1:]}."


def _conclude(imported: Import) -> None:
    show_rest(imported)
    tell_staff(imported)


def tell_staff(imported: Import) -> None:
    """Staff hear once of an import, and anew if more orders came after that: one alert, however many orders."""
    title = f"{imported.orders:,} new {'orders' if imported.orders > 1 else 'order'} from an import"
    if imported.orders and not Alert.objects.filter(about=named(imported), title=title).exists():
        _tell_staff(imported, title)


@live_write
def _tell_staff(change: Change, imported: Import, title: str) -> None:
    owner = imported.job.owner
    settle(imported)
    body = f"{imported.name}, from {owner.name}"
    tell(change, Role("staff"), "order", title, body, reverse("shop:orders"), imported, key="orders", actor=owner)
