"""Imports that end before their end, wait, and go on: nothing is lost and nothing comes twice."""

import errno
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from jobs import Job, wishes
from shop.imports import importing, storing
from shop.imports.models import Import, Reject
from shop.models import Order
from tests.shop.sheets import HEAD, TEA, left, over
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_another_try_goes_on_where_the_last_one_ended_and_nothing_comes_twice(send, small, broken, told, ann):
    broken(52, RuntimeError("a fault of ours"))
    send(HEAD + "".join(f"Tea {n},1,EUR,,\n" if n % 7 else f",{n},EUR,,\n" for n in range(100)))
    imported = over()
    assert imported.job.state == "failed"
    assert "Something went wrong on our side." in imported.job.words
    assert (imported.orders + imported.rejected, imported.line) == (50, 52)
    assert left() == [imported.file]
    assert told("staff") == ["42 new orders from an import"]
    assert wishes.grant("retry", imported.pk)
    until(lambda: Job.objects.get().state == "done")
    imported = over()
    assert (imported.orders, imported.rejected) == (85, 15)
    assert sorted(Order.objects.values_list("item", flat=True)) == sorted(f"Tea {n}" for n in range(100) if n % 7)
    assert [each.line for each in Reject.objects.all()] == [n + 2 for n in range(0, 100, 7)]
    assert told(ann) == ["Import of orders.csv: done"]
    assert told("staff") == ["85 new orders from an import"]
    assert left() == []


@pytest.mark.parametrize(
    "fault",
    [OSError(errno.ENOSPC, "No space left on device"), "SQLite's own"],
    ids=["of the system", "of sqlite"],
)
def test_a_disk_without_room_is_said_and_what_was_done_is_kept(fault, send, small, broken, monkeypatch):
    if fault == "SQLite's own":
        if connection.vendor != "sqlite":
            pytest.skip("SQLite can be told how large it may become")
        stored, full = importing.store, []

        def store(job, imported, batch):
            if not full and imported.orders >= 50:
                with connection.cursor() as cursor:
                    pages = cursor.execute("PRAGMA page_count").fetchone()[0]
                    full.append(cursor.execute(f"PRAGMA max_page_count = {pages}").fetchone())
            try:
                return stored(job, imported, batch)
            except Exception:
                connection.cursor().execute("PRAGMA max_page_count = 1073741823")
                raise

        monkeypatch.setattr(importing, "store", store)
        rows = [f"{'Tea' * 30} {n},1,EUR,{'x' * 400},\n" for n in range(1000)]
    else:
        broken(52, fault)
        rows = [f"Tea {n},1,EUR,,\n" for n in range(100)]
    send(HEAD + "".join(rows))
    imported = over()
    assert imported.job.state == "failed"
    assert imported.job.words.startswith("There is no room left on the disk.")
    assert Order.objects.count() == imported.orders >= 50
    assert wishes.grant("retry", imported.pk)
    until(lambda: Job.objects.get().state == "done")
    assert Order.objects.count() == len(rows) == over().orders


def test_an_import_leaves_the_reserve_of_the_disk_alone(send, small, monkeypatch):
    rooms = [1, 1, 0]
    monkeypatch.setattr(importing, "disk", SimpleNamespace(room=lambda _: rooms.pop(0) if rooms else 2**30))
    send(HEAD + TEA * 100)
    imported = over()
    assert imported.job.words == "There is no room left on the disk. Try again once there is. 20 orders are in."
    assert wishes.grant("retry", imported.pk)
    until(lambda: Job.objects.get().state == "done")
    assert Order.objects.count() == 100


def test_what_was_cancelled_keeps_what_is_in_and_can_be_gone_on_with(send, small, monkeypatch, told, ann):
    stored = importing.store

    def store(job, imported, batch):
        if imported.orders == 50 and job.attempt == 1:
            assert wishes.grant("cancel", job.pk)
        return stored(job, imported, batch)

    monkeypatch.setattr(importing, "store", store)
    send(HEAD + TEA * 100)
    imported = over()
    assert (imported.job.state, imported.orders, Order.objects.count()) == ("cancelled", 50, 50)
    assert told("staff") == ["50 new orders from an import"]
    assert told(ann) == []
    assert left() == [imported.file]
    assert wishes.grant("retry", imported.pk)
    until(lambda: Job.objects.get().state == "done")
    assert (over().orders, Order.objects.count()) == (100, 100)


def test_a_batch_and_its_progress_are_one_commit(send, small, monkeypatch):
    """A fault after the orders were written takes them back, and the place in the file with them."""
    create, calls = storing.Reject.objects.bulk_create, []

    def fails(rejects):
        calls.append(list(rejects))
        if len(calls) == 3:
            assert Order.objects.count() == 30
            raise RuntimeError("a fault of ours")
        return create(calls[-1])

    monkeypatch.setattr(storing.Reject.objects, "bulk_create", fails)
    send(HEAD + TEA * 100)
    imported = over()
    assert (imported.job.state, imported.orders, imported.line, imported.job.done) == ("failed", 20, 22, 20)
    assert Order.objects.count() == 20


def test_a_file_that_is_gone_is_said(send, broken):
    broken(2, RuntimeError("a fault of ours"))
    send(HEAD + TEA)
    imported = over()
    imported.path.unlink()
    assert wishes.grant("retry", imported.pk)
    until(lambda: "not here any more" in Job.objects.get().words)
    assert Job.objects.get().state == "failed"


def test_of_two_files_of_one_person_the_second_waits_and_says_so(send, monkeypatch, client):
    stored, pages, running, most = importing.store, [], set(), []

    def store(job, imported, batch):
        running.add(job.pk)
        most.append(len([pk for pk in running if Job.objects.get(pk=pk).state == "running"]))
        if not pages and Import.objects.count() == 2:
            pages.append(client.get(Import.objects.first().get_absolute_url()).content.decode())
        return stored(job, imported, batch)

    monkeypatch.setattr("shop.imports.batches.ROWS", 10)
    monkeypatch.setattr(importing, "store", store)
    send(HEAD + TEA * 300, "first.csv")
    send(HEAD + TEA * 20, "second.csv")
    second = over(2)
    assert max(most) == 1
    assert "It waits for your import" in pages[0]
    assert "<bdi>first.csv</bdi></a>, which comes first." in pages[0]
    assert (second.name, second.orders, Order.objects.count()) == ("second.csv", 20, 320)


@pytest.mark.parametrize(
    ("state", "minutes", "first"),
    [("queued", -1, True), ("queued", 1, False), ("running", -1, False)],
    ids=["what waits longer", "what was tried again", "what stalled"],
)
def test_an_import_waits_only_for_what_is_taken_before_it(state, minutes, first, ann, client):
    now = timezone.now()
    rows = [{"state": state, "queued": now + timedelta(minutes=minutes)}, {"state": "queued", "queued": now}]
    other, waiting = (
        Import.objects.create(
            job=Job.objects.create(owner=ann, kind="import", title="Import", **row), name=name, file="x.csv", size=1
        )
        for name, row in zip(("other.csv", "waiting.csv"), rows, strict=True)
    )
    client.force_login(ann)
    assert ("It waits for your import" in client.get(f"/shop/imports/{waiting.pk}/").content.decode()) == first
    assert other.pk < waiting.pk
