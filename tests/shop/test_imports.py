"""Imports: what becomes of a file, whoever's it is and however it ends; nothing is lost and nothing comes twice."""

import csv
import io
import os
import threading
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from alerts.models import Alert
from jobs import Job, transitions
from shop.imports import csv_reader
from shop.imports import job as import_job
from shop.imports.models import Import, Reject
from shop.models import Order
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "item,amount,currency,note,reference\n"
TEA = "Tea,12.50,EUR,,\n"


def finished(number=1):
    """Wait until so many imports have ended; the newest."""
    until(lambda: Job.objects.filter(ended__isnull=False).count() == number)
    return Import.objects.select_related("job").first()


def rejected_rows(answer):
    """The rows of a downloaded file."""
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def files(settings):
    """The names of the stored files."""
    return lambda: [path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.fixture
def queue_only(monkeypatch):
    """queue_only() has nobody run what is queued from then on."""

    def stop():
        monkeypatch.setattr("jobs.progress.closing", closing := threading.Event())
        closing.set()

    return stop


@pytest.fixture
def before_batch(monkeypatch):
    """before_batch(line, act) calls `act(job)` once, before a batch that begins there or later. Batches of ten rows."""
    monkeypatch.setattr(import_job, "BATCH", 10)

    def plan(line, *acts):
        write, acts = import_job.write_batch, list(acts)

        def write_batch(job, rows):
            if acts and rows[0].line >= line:
                acts.pop()(job)
            return write(job, rows)

        monkeypatch.setattr(import_job, "write_batch", write_batch)

    return plan


def fail(_job):
    raise RuntimeError("a fault of ours")


def cancel(job):
    assert transitions.act("cancel", job.pk)


def test_a_file_becomes_orders_of_the_one_who_sent_it(ann, sam, upload, alerts_of, files, client):
    answer = upload(HEAD + TEA + 'Coffee,100,JPY,"hot, please",A-1\n<b>Pot</b>,-1,EUR,,\n', "märz.csv")
    imported = finished()
    assert (answer.status_code, answer["Location"]) == (302, f"/shop/imports/{imported.pk}/")
    assert (imported.name, imported.orders, imported.rejected) == ("märz.csv", 2, 1)
    assert (imported.job.state, imported.job.done, imported.job.total) == ("done", 3, 3)
    tea, coffee = Order.objects.order_by("pk")
    assert (tea.buyer, tea.item, tea.amount, tea.currency, tea.status) == (ann, "Tea", 1250, "EUR", "new")
    assert (coffee.note, coffee.idempotency_key, coffee.imported) == ("hot, please", "ref:A-1", imported)
    assert alerts_of(ann) == ["Import of märz.csv: done"]
    assert Alert.objects.get(audience=f"user.{ann.pk}").url == imported.get_absolute_url()
    assert alerts_of("staff") == ["2 new orders from an import"]
    assert files() == []
    page = client.get(imported.get_absolute_url()).content.decode()
    assert "Done: <bdi>2 orders are in, 1 row was rejected.</bdi>" in page
    assert "amount: It must not be less than nothing." in page
    assert "&lt;b&gt;Pot&lt;/b&gt;" in page
    assert "Coffee" in client.get(f"/shop/mine/?import={imported.pk}").content.decode()
    assert ">märz.csv<" in client.get("/shop/imports/").content.decode()


def test_a_reference_makes_the_same_order_sent_twice_one_order(ben, upload, client):
    rows = "Tea,1,EUR,,A-1\nCoffee,1,EUR,,A-2\nTea,1.00,EUR,,A-1\nCake,1,EUR,,A-2\n"
    upload(HEAD + rows)
    first = finished()
    assert (first.orders, first.repeated, first.rejected) == (2, 1, 1)
    assert Reject.objects.get().reason == "One row is one order, and A-2 is another one's reference."
    upload(HEAD + rows + TEA)
    assert finished(2).outcome == "1 order is in, 3 had been there before, 1 row was rejected."
    client.force_login(ben)
    client.post("/shop/imports/", {"file": SimpleUploadedFile("bens.csv", (HEAD + rows).encode())})
    assert (finished(3).orders, Order.objects.count()) == (2, 5)


def test_sqlite_looks_earlier_orders_up_by_their_key_however_many_a_buyer_has(ann):
    assert "shop_order_sent_once (buyer_id=? AND idempotency_key=?)" in Order.objects.sent(ann, ["ref:1", ""]).explain()


def test_the_sample_on_the_page_can_be_imported_and_shows_what_is_rejected(upload, client, monkeypatch):
    monkeypatch.setattr("shop.demo.SAMPLE_ROWS", 2500)
    assert 'href="/shop/imports/sample.csv"' in client.get("/shop/imports/").content.decode()
    upload(client.get("/shop/imports/sample.csv").content)
    imported = finished()
    assert (imported.orders, imported.rejected) == (2499, 1)


def test_a_file_that_is_sent_twice_is_ordered_once_and_rows_that_look_alike_are_all_ordered(upload, files):
    upload(HEAD + TEA * 3)
    assert finished().orders == 3
    upload(HEAD + TEA * 3, "renamed.csv")
    assert finished(2).outcome == "0 orders are in, 3 had been there before."
    upload(HEAD + TEA * 3 + "Cake,1,EUR,,\n")
    assert (finished(3).orders, Order.objects.count(), files()) == (4, 7, [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "The submitted file is empty."),
        ("item,amount,<b>\n", "name a column “currency”. It says: item, amount, &lt;b&gt;"),
        (HEAD + "\n,,,,\n" * 100, "It names the columns, and there is no order under them."),
        (HEAD + TEA * 5000 + '"' + TEA, "Line 5,002: inside a value in quotes, a quote is written twice"),
        (None, "Choose a file."),
    ],
)
def test_a_file_that_cannot_be_imported_is_rejected_beside_the_field(data, words, upload, files, client):
    answer = client.post("/shop/imports/", {"file": ""}) if data is None else upload(data)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert 'aria-invalid="true"' in answer.content.decode()
    assert (Import.objects.count(), Job.objects.count(), files()) == (0, 0, [])


def test_an_import_of_many_bad_rows_stops_and_all_of_them_can_be_read(upload, before_batch, client, monkeypatch):
    monkeypatch.setattr(import_job, "MAX_REJECTED", 50)
    before_batch(0)
    upload(HEAD + (TEA + ",1,EUR,,\n") * 100)
    imported = finished()
    why = "It was stopped before line 102: too many rows were rejected."
    assert imported.job.words == f"{why} 50 orders are in, 50 rows were rejected."
    assert ">Send another file</a>" in client.get(imported.job.url).content.decode()
    assert client.get(f"/shop/imports/{imported.pk}/rejected.csv").content.count(b"\n") == 51


@pytest.mark.parametrize(("act", "state"), [(fail, "failed"), (cancel, "cancelled")])
def test_another_try_goes_on_where_the_last_one_ended(act, state, upload, before_batch, alerts_of, ann, sam, files):
    before_batch(52, act)
    upload(HEAD + "".join(f"Tea {n},1,EUR,,\n" if n % 7 else f",{n},EUR,,\n" for n in range(100)))
    imported = finished()
    assert (imported.job.state, imported.orders + imported.rejected, imported.line) == (state, 50, 51)
    assert Order.objects.count() == imported.orders
    assert alerts_of("staff") == ["42 new orders from an import"]
    assert len(files()) == 1
    assert transitions.act("retry", imported.pk)
    imported = finished()
    assert (imported.job.state, imported.orders, imported.rejected) == ("done", 85, 15)
    assert sorted(Order.objects.values_list("item", flat=True)) == sorted(f"Tea {n}" for n in range(100) if n % 7)
    assert [each.line for each in Reject.objects.all()] == [n + 2 for n in range(0, 100, 7)]
    assert alerts_of(ann) == ["Import of orders.csv: done"]
    assert alerts_of("staff") == ["85 new orders from an import"]
    assert files() == []


def test_an_alert_of_orders_that_cannot_be_renewed_stays_as_it_was(upload, before_batch, alerts_of, monkeypatch, sam):
    before_batch(52, fail)
    upload(HEAD + TEA * 100)
    imported = finished()
    monkeypatch.setattr(import_job, "notify", lambda *_, **__: fail(None))
    assert transitions.act("retry", imported.pk)
    assert finished().orders == 100
    assert alerts_of("staff") == ["50 new orders from an import"]


def test_rejected_rows_are_a_file_without_formulas_that_can_be_corrected_and_sent_again(upload, client):
    upload(HEAD + '=1+1,-5,EUR,@x,\n"+a, ""b""",x,EUR,"\t=2",\n-Tea,-5,EUR,,\n')
    answer = client.get(f"/shop/imports/{finished().pk}/rejected.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    rows = rejected_rows(answer)
    assert rows[0] == [*csv_reader.ADDED, *csv_reader.COLUMNS]
    assert [row[0] for row in rows[1:]] == ["2", "3", "4"]
    assert [row[2:6] for row in rows[1:3]] == [["'=1+1", "'-5", "EUR", "'@x"], ['\'+a, "b"', "x", "EUR", "'\t=2"]]
    upload(answer.content.decode().replace("'-Tea,'-5", "'-Tea,5"), "rejected.csv")
    assert (finished(2).orders, Order.objects.get().item) == (1, "-Tea")


def test_all_that_a_rejected_row_says_stands_in_the_file_of_rejected_rows_however_it_was_written(upload, client):
    row = ["Käse", "x" * 5000, "-1,50", "€", "two\nlines", *"abcdefgh", "=1"]
    columns = ["Item", "Was?", "amount", "Currency", "Note", *"ABCDEFG"]
    writer = csv.writer(written := io.StringIO(), delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([columns, row, ["early"]])
    answer = upload(b"sep=;\r\n" + written.getvalue().encode("cp1252"))
    page = client.get(answer["Location"]).content.decode()
    assert "It was read as WINDOWS-1252. Columns left out: Was?, A, B, C, D, E, F, G. Are letters wrong?" in page
    names, long, early = rejected_rows(client.get(f"/shop/imports/{finished().pk}/rejected.csv"))
    assert names == ["line", "reason", *columns]
    assert long[2:] == [*row[:2], "'-1,50", *row[3:-1], "'=1"]
    assert early[2:] == ["early"]
    rows = [names, [*long[:4], "1,50 €", "EUR", *long[6:14]], early]
    writer = csv.writer(written := io.StringIO())
    writer.writerows(rows)
    upload(written.getvalue())
    assert (finished(2).orders, Order.objects.get().amount, Order.objects.get().note) == (1, 150, "two lines")
    again = rejected_rows(client.get(f"/shop/imports/{finished(2).pk}/rejected.csv"))
    assert again == [names, ["4", *early[1:]]]


def test_rejected_rows_that_say_too_much_stop_an_import(upload, before_batch, monkeypatch):
    monkeypatch.setattr(import_job, "MAX_REJECTED_SIZE", 5_000)
    before_batch(0)
    upload(HEAD + f",1,EUR,{'x' * 400},\n" * 100)
    assert (finished().job.state, Import.objects.get().rejected) == ("failed", 20)


def test_an_order_may_cost_nothing(upload):
    upload(HEAD + "Sample,€0.00,EUR,,\n")
    assert (finished().orders, Order.objects.get().price) == (1, "0.00 EUR")


def test_old_files_are_pruned_but_not_those_that_wait(upload, before_batch, queue_only, settings, files):
    before_batch(2, fail)
    upload(HEAD + TEA)
    finished()
    queue_only()
    upload(HEAD + TEA * 2)
    for path in [Path(settings.MEDIA_ROOT, "new.upload"), Path(settings.MEDIA_ROOT, "old.upload")]:
        path.touch()
    of_a_room = Path(settings.MEDIA_ROOT, "rooms", "kept")
    of_a_room.parent.mkdir()
    of_a_room.touch()
    for path in Path(settings.MEDIA_ROOT).rglob("*"):
        if path.name != "new.upload":
            os.utime(path, (time.time() - 8 * 86400,) * 2)
    call_command("prune_imports", stdout=(out := io.StringIO()))
    assert "2 files deleted." in out.getvalue()
    assert sorted(files()) == sorted(["kept", "new.upload", Path(Import.objects.first().file.name).name])


def test_the_import_of_another_is_not_found(upload, ben, sam, client):
    upload(HEAD + TEA + ",,,,x\n")
    pk = finished().pk
    for person in (ben, sam):
        client.force_login(person)
        for path in (f"/shop/imports/{pk}/", f"/shop/imports/{pk}/rejected.csv", f"/shop/mine/?import={pk}"):
            assert client.get(path).status_code == 404
        assert ">orders.csv<" not in client.get("/shop/imports/").content.decode()
    for odd in ("0", "9" * 30, "9" * 5000, "x"):
        assert client.get(f"/shop/imports/{odd}/").status_code == 404
        assert client.get(f"/shop/mine/?import={odd}").status_code == 404
