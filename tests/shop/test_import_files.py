"""Files of imports: the rejected rows to fetch, and what is kept on the shelf."""

import csv
import io

import pytest
from django.core.management import call_command
from django.db import transaction

from jobs import Job
from parlour import heads
from shop.imports import formulas, uploads
from shop.imports.models import Import, Reject, head, shelf
from shop.models import Order
from tests.shop.sheets import HEAD, TEA, left, over

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_rejected_rows_come_as_a_file_in_which_nothing_is_a_formula(send, client):
    lines = ["=1+1,-5,EUR,@x,", '"+a, ""b""",x,EUR,"\t=2",', "＝1,0,EUR,–,"]
    send(HEAD + "".join(f"{line}\n" for line in lines) + ",0,EUR,,\n" * 600)
    answer = client.get(f"/shop/imports/{over().pk}/rejected.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"), newline="")))
    assert rows[0] == ["line", "reason", "item", "amount", "currency", "note", "reference"]
    assert [row[2:6] for row in rows[1:4]] == [
        ["'=1+1", "'-5", "EUR", "'@x"],
        ['\'+a, "b"', "x", "EUR", "'=2"],
        ["'＝1", "0", "EUR", "–"],
    ]
    assert [int(row[0]) for row in rows[1:]] == list(range(2, 605))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "＝"))]


def test_the_file_of_rejected_rows_is_corrected_and_sent_again(send, client):
    send(HEAD + TEA + "-Tea,-5,EUR,,\nCake,x,EUR,,\n")
    answer = client.get(f"/shop/imports/{over().pk}/rejected.csv")
    text = b"".join(answer.streaming_content).decode()
    send(text.replace("'-5", "5"), "rejected.csv")
    again = over(2)
    assert (again.orders, again.rejected) == (1, 1)
    assert Order.objects.order_by("-pk")[0].item == "-Tea"
    assert list(Reject.objects.filter(imported=again).values_list("line", "cells")) == [
        (3, ["Cake", "x", "EUR", "", ""])
    ]


def test_nobody_fetches_two_files_of_rejected_rows_at_once(send, client):
    send(HEAD + ",1,EUR,,\n" * 3)
    address = f"/shop/imports/{over().pk}/rejected.csv"
    first = client.get(address)
    refused = client.get(address)
    assert (refused.status_code, refused["Retry-After"]) == (429, "10")
    assert "Wait until it has arrived" in refused.content.decode()
    assert len(b"".join(first.streaming_content).splitlines()) == 4
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("cell", "harmless"),
    [("a;=1", "a;'=1"), ("a\t+1", "a\t'+1"), ("a\n @x", "a\n' @x"), ("a\r-1", "a\r'-1"), ("a=1; b-2", "a=1; b-2")],
)
def test_a_formula_after_a_sign_that_parts_cells_elsewhere_is_text_too(cell, harmless):
    assert formulas.harmless(cell) == harmless


def test_a_rejected_row_is_kept_to_a_sane_length(send):
    send(HEAD + f"{'x' * 900},1,EUR,,\n" + "," * 900 + "x\n")
    over()
    assert [(len(each.cells), max(map(len, each.cells))) for each in Reject.objects.all()] == [(5, 500), (8, 0)]


def test_only_so_many_files_of_one_person_are_kept_for_another_try(send):
    for number in range(uploads.KEPT + 2):
        send(HEAD + "\n" * 70_000)
        over(number + 1)
    files = [each.file for each in Import.objects.all()]
    assert sorted(left()) == sorted(files[: uploads.KEPT + 1])


@pytest.mark.parametrize("what", [Import, Job])
def test_what_is_deleted_leaves_no_file_behind_once_that_is_committed(what, send, monkeypatch):
    monkeypatch.setattr("jobs.carriers.hint", lambda: None)
    send(HEAD + TEA)
    with transaction.atomic():
        what.objects.all().delete()
        assert len(left()) == 1
        transaction.set_rollback(True)
    assert (Import.objects.count(), len(left())) == (1, 1)
    what.objects.all().delete()
    assert (Import.objects.count(), left()) == (0, [])


def test_files_nobody_needs_any_more_are_pruned(send, broken, settings):
    import os
    import time

    broken(2, RuntimeError("a fault of ours"))
    send(HEAD + TEA)
    kept = over()
    for name, days in ((kept.file, 8), ("upload-x", 8), ("upload-y", 1)):
        path = shelf() / name
        path.touch()
        os.utime(path, (time.time() - days * 86400,) * 2)
    call_command("prune_imports", stdout=(out := io.StringIO()))
    assert "2 files deleted." in out.getvalue()
    assert left() == ["upload-y"]


def test_a_file_that_waits_is_not_pruned_however_old(send, monkeypatch):
    import os

    monkeypatch.setattr("jobs.carriers.hint", lambda: None)
    send(HEAD + TEA)
    os.utime(Import.objects.get().path, (0, 0))
    call_command("prune_imports", stdout=io.StringIO())
    assert left() == [Import.objects.get().file]
    Job.objects.all().delete()


@pytest.mark.parametrize(("rejected", "times"), [(1000, 9), (12, 5)])
def test_rejected_rows_are_shown_each_time_they_are_twice_as_many_and_at_the_end(rejected, times, send, monkeypatch):
    """So all that is sent of them, in however many pushes, is about twice what stands there in the end."""
    monkeypatch.setattr("shop.imports.batches.ROWS", 1)
    monkeypatch.setattr("shop.imports.turns.BESIDE_PAGES", 0)
    send(HEAD + ",1,EUR,,\n" * rejected)
    assert heads.read([head(over().pk)])[head(over().pk)] == times
