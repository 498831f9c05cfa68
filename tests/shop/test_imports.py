"""An import, from the form to the last order: what comes of good files, of bad ones, and of what happens meanwhile."""

import csv
import errno
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from alerts.jobs import Job, carriers, wishes
from alerts.lines import bells
from alerts.models import Alert
from parlour import heads
from shop import ordering
from shop.imports import formulas, importing, storing, uploads
from shop.imports.models import Import, Reject, head, shelf
from shop.models import EVERY, Order, bought
from tests.alerts.jobs.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "item,amount,currency,note,reference\n"
TEA = "Tea,12.50,EUR,,\n"


@pytest.fixture(autouse=True)
def own_shelf(settings, tmp_path):
    """Files of this test alone, and no thread that outlives it."""
    settings.UPLOADS = tmp_path / "uploads"
    yield
    assert carriers.rest(20)


@pytest.fixture
def send(client, ann):
    """send(text or bytes) uploads a file as Ann; the answer."""
    client.force_login(ann)

    def sent(data, name="orders.csv", **more):
        data = data if isinstance(data, bytes) else data.encode()
        return client.post("/shop/imports/", {"file": SimpleUploadedFile(name, data)}, **more)

    return sent


def over(number=1):
    """Wait until so many imports are over; the newest."""
    until(lambda: Job.objects.filter(ended__isnull=False).count() == number)
    return Import.objects.select_related("job").first()


def left():
    return [path.name for path in shelf().iterdir()]


def test_a_file_becomes_orders_of_the_one_who_sent_it(ann, sam, send, told):
    answer = send(HEAD + TEA + 'Coffee,100,JPY,"hot, please",A-1\n', "märz.csv")
    imported = over()
    assert (answer.status_code, answer["Location"]) == (302, f"/shop/imports/{imported.pk}/")
    assert imported.job.words == "2 orders are in."
    assert (imported.name, imported.orders, imported.rejected, imported.total) == ("märz.csv", 2, 0, 2)
    assert (imported.job.state, imported.job.done, imported.job.total) == ("done", 2, 2)
    tea, coffee = Order.objects.order_by("pk")
    assert (tea.buyer, tea.item, tea.amount, tea.currency, tea.status) == (ann, "Tea", 1250, "EUR", "new")
    assert (coffee.note, coffee.slip, coffee.imported) == ("hot, please", "ref:A-1", imported)
    assert told(ann) == ["Import of märz.csv: done"]
    assert Alert.objects.get(audience=f"user.{ann.pk}").url == imported.get_absolute_url()
    assert told("staff") == ["2 new orders from an import"]
    assert left() == []
    assert all(heads.read([EVERY, bought(ann.pk), "staff"]).values())


def test_its_page_shows_bar_counts_and_rejected_rows(ann, send, client):
    send(HEAD + TEA + "<b>Pot</b>,-1,EUR,,\n")
    page = client.get(over().get_absolute_url()).content.decode()
    assert "Done: <bdi>1 order is in, 1 row was rejected.</bdi>" in page
    assert "<progress" in page
    assert "amount: It has to be more than nothing." in page
    assert "&lt;b&gt;Pot&lt;/b&gt;" in page
    assert f'href="/shop/mine/?import={Import.objects.get().pk}"' in page
    assert "Tea" in client.get(f"/shop/mine/?import={Import.objects.get().pk}").content.decode()


def test_the_page_of_imports_names_the_columns_and_lists_the_earlier_ones(send, client):
    send(HEAD + TEA, "first.csv")
    over()
    page = client.get("/shop/imports/").content.decode()
    for column in ("item", "amount", "currency", "note", "reference"):
        assert f"<code>{column}</code>" in page
    assert ">first.csv<" in page
    assert ">Done<" in page


REFUSED = [
    (b"", "This file is empty."),
    (b"PK\x03\x04\0", "This is not a CSV file in UTF-8."),
    (b"item;amount;currency\n", "Its values stand between semicolons."),
    (b"item,amount\n", "It lacks “currency”."),
    (b"item,amount,currency,item\n", "More than one column is called “item”."),
    (b"item,amount,currency,<b>\n", "There is no place for “&lt;b&gt;”"),
    (b"\xff\xfe,\n", "Line 1 is not UTF-8."),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "This is not a CSV file in UTF-8."),
    (HEAD.encode(), "It names the columns, and there is no order under them."),
    ((HEAD + "\n\n,,,,\n").encode(), "It names the columns, and there is no order under them."),
    ((HEAD + TEA * 400).encode() + b"Th\xe9,1,EUR,,\n", "Line 402 is not UTF-8."),
    ((HEAD + TEA + '"' + "Tea\n" * 20_000).encode(), "The row that begins in line 3 is over 64 KB long."),
    (b"x" * 200_000, "The first line must name the columns"),
]


@pytest.mark.parametrize(("data", "words"), REFUSED)
def test_a_file_that_is_no_sheet_is_refused_beside_the_box(data, words, send):
    answer = send(data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'aria-invalid="true" aria-describedby="id_file_error"' in page or "id_file_error" in page
    assert (Import.objects.count(), Job.objects.count(), left()) == (0, 0, [])


def test_no_file_at_all_is_refused_too(send, client, ann):
    client.force_login(ann)
    answer = client.post("/shop/imports/", {})
    assert (answer.status_code, "Choose a file." in answer.content.decode()) == (422, True)


LONG = TEA * 4998  # beyond what the form looks at
UNREADABLE = [
    (HEAD + "\n,,,,\n" * 20_000, "It names the columns, and there is no order under them."),
    ((HEAD + LONG).encode() + b"Th\xe9,1,EUR,,\n" + TEA.encode(), "Line 5,000 is not UTF-8."),
    (HEAD + LONG + '"Tea,1,EUR,,\n' + TEA, "A quote that opens in line 5,000 is never closed."),
    (HEAD + LONG + '"' + "x\n" * 40000, "The row that begins in line 5,000 is over 64 KB long."),
    (HEAD + LONG + '"' + TEA * 300, "The row that begins in line 5,000 has over 1,000 commas. Is a quote not closed?"),
]


@pytest.mark.parametrize(("data", "words"), UNREADABLE, ids=[words for _, words in UNREADABLE])
def test_a_sheet_that_cannot_be_read_to_its_end_leaves_no_order(data, words, send, told, ann, client):
    send(data)
    imported = over()
    assert (imported.job.state, imported.job.words.partition(" Save")[0].startswith(words)) == ("failed", True)
    assert imported.job.words.endswith("Nothing was imported.")
    assert (Order.objects.count(), Reject.objects.count()) == (0, 0)
    assert told(ann) == ["Import of orders.csv: failed"]
    assert told("staff") == []
    assert left() == [imported.file]
    assert imported.job.open_to == ("dismiss",)
    assert 'href="/shop/imports/" hx-preserve>Send another file</a>' in client.get(imported.job.url).content.decode()


BAD_ROWS = [
    ("x" * 1024 * 1024, "It is over 64 KB long."),
    ("," * 1_001, "It has over 1,000 commas."),
    ("Tea,-5,EUR,,", "amount: It has to be more than nothing."),
    ("Tea,999999999999,EUR,,", "amount: The most for one order is 10,000.00 EUR."),
    ("Tea,1,XXX,,", "currency: It is “XXX”, and may be EUR, GBP, USD, JPY."),
    ("Tea,1,EUR", "It has 3 values for 5 columns. One that holds a comma needs quotes."),
    ('"Tea"pot,1,EUR,,', "Its quotes or line breaks are not those of CSV."),
    (",1,EUR,\0,", "item: Say what you would like. note: Use words that can be seen."),
]


def test_bad_rows_are_rejected_with_line_and_reason_and_the_others_are_orders(send):
    send(HEAD + TEA + "".join(line + "\n" + TEA for line, _ in BAD_ROWS))
    imported = over()
    assert imported.job.state == "done"
    assert (imported.orders, imported.rejected, imported.total) == (9, 8, 17)
    reasons = [(3 + 2 * n, reason) for n, (_, reason) in enumerate(BAD_ROWS)]
    assert list(Reject.objects.values_list("line", "reason")) == reasons


def test_what_grows_when_it_is_cleaned_is_measured_then(send):
    send(HEAD + "\ufb2c" * 120 + ",1,EUR,,\n" + TEA)
    assert (over().job.state, Reject.objects.get().reason) == ("done", "item: Please keep it to 120 characters.")


def test_a_reference_makes_the_same_order_sent_twice_one_order(ann, ben, send):
    rows = "Tea,1,EUR,,A-1\nCoffee,1,EUR,,A-2\nTea,1.00,EUR,,A-1\nCake,1,EUR,,A-2\n"
    send(HEAD + rows)
    first = over()
    assert (first.orders, first.repeated, first.rejected) == (2, 1, 1)
    assert Reject.objects.get().reason == "Reference A-2 is that of another order of yours."
    send(HEAD + rows + TEA)
    again = over(2)
    assert (again.orders, again.repeated, again.rejected) == (1, 3, 1)
    assert again.job.words == "1 order is in, 3 had been there before, 1 row was rejected."
    assert Order.objects.count() == 3


def test_what_others_call_their_orders_is_no_matter(ben, send, client):
    send(HEAD + "Tea,1,EUR,,A-1\nCake,1,EUR,,A-2\n")
    over()
    client.force_login(ben)
    theirs = HEAD + "Tea,1,EUR,,A-1\nCoffee,1,EUR,,A-2\n"
    client.post("/shop/imports/", {"file": SimpleUploadedFile("bens.csv", theirs.encode())})
    bens = over(2)
    assert (bens.orders, bens.repeated, bens.rejected) == (2, 0, 0)


def test_rows_without_a_reference_are_ordered_again_only_by_who_was_asked(send, client):
    send(HEAD + TEA * 3)
    over()
    answer = send(HEAD + TEA * 3, "renamed.csv")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "A file with this content brought 3 orders on " in page
    assert '<input type="checkbox" name="again"' in page
    assert (Import.objects.count(), left()) == (1, [])
    file = SimpleUploadedFile("orders.csv", (HEAD + TEA * 3).encode())
    assert client.post("/shop/imports/", {"file": file, "again": "on"}).status_code == 302
    over(2)
    assert Order.objects.count() == 6


def test_a_file_in_which_each_row_has_a_reference_is_taken_twice_unasked(send):
    for number in (1, 2):
        assert send(HEAD + "Tea,1,EUR,,A-1\n").status_code == 302
        over(number)
    assert Order.objects.count() == 1


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


@pytest.fixture
def small(monkeypatch):
    """Batches of ten rows, without rest."""
    monkeypatch.setattr("shop.imports.batches.ROWS", 10)
    monkeypatch.setattr("shop.imports.turns.BESIDE_PAGES", 0)


@pytest.fixture
def broken(monkeypatch):
    """broken(at, fault) raises `fault` in the batch that begins there; then no more."""

    def breaks(at, fault):
        stored, faults = importing.store, [fault]

        def store(job, imported, batch):
            if faults and batch.taken and batch.taken[0].row.line >= at:
                raise faults.pop()
            return stored(job, imported, batch)

        monkeypatch.setattr(importing, "store", store)

    return breaks


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


def test_more_rows_than_a_sheet_may_have_are_refused_before_any_is_written(send, monkeypatch):
    monkeypatch.setattr(importing, "MOST", 100)
    send(HEAD + TEA * 101)
    imported = over()
    words = "It has more than 100 rows. Split it and send the parts. Nothing was imported."
    assert (imported.job.state, imported.job.words) == ("failed", words)
    assert (Order.objects.count(), Reject.objects.count()) == (0, 0)
    send(HEAD + "\n" * 70_000)
    assert over(2).job.words == words
    send(HEAD + TEA * 100)
    assert over(3).orders == 100


def test_an_import_of_many_wrong_rows_stops_and_all_that_were_rejected_can_be_read(send, small, client, monkeypatch):
    monkeypatch.setattr(importing, "MOST_REJECTED", 50)
    send(HEAD + (TEA + ",1,EUR,,\n") * 100)
    imported = over()
    words = "50 rows were rejected, so it was stopped: look at them first. What was in order is in."
    assert (imported.job.state, imported.job.words) == ("failed", words)
    assert (Order.objects.count(), Reject.objects.count()) == (50, 50)
    assert wishes.grant("retry", imported.pk)
    until(lambda: Job.objects.get().state == "failed")
    assert Reject.objects.count() == 50
    assert b"".join(client.get(f"/shop/imports/{imported.pk}/rejected.csv").streaming_content).count(b"\n") == 51


def test_the_last_rows_may_be_the_ones_that_are_too_many(send, small, monkeypatch):
    monkeypatch.setattr(importing, "MOST_REJECTED", 50)
    send(HEAD + ",1,EUR,,\n" * 50)
    assert (over().job.state, over().rejected) == ("done", 50)


def test_an_import_leaves_the_reserve_of_the_disk_alone(send, small, monkeypatch):
    rooms = [1, 1, 0]
    monkeypatch.setattr(importing, "disk", SimpleNamespace(room=lambda _: rooms.pop(0) if rooms else 2**30))
    send(HEAD + TEA * 100)
    imported = over()
    assert imported.job.words == "There is no room left on the disk. Try again once there is. 20 orders are in."
    assert wishes.grant("retry", imported.pk)
    until(lambda: Job.objects.get().state == "done")
    assert Order.objects.count() == 100


def test_an_upload_leaves_the_reserve_of_the_disk_alone(send, monkeypatch):
    monkeypatch.setattr("front.disk.RESERVE", 2**60)
    answer = send(HEAD + TEA)
    assert answer.status_code == 422
    assert "There is no room left for it on our disk." in answer.content.decode()
    assert (Import.objects.count(), left()) == (0, [])


def test_an_upload_without_room_is_refused_beside_the_box(send, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile._TemporaryFileWrapper.write", full, raising=False)
    answer = send(HEAD + TEA)
    assert answer.status_code == 422
    assert "There is no room left for it on our disk." in answer.content.decode()
    assert (Import.objects.count(), left()) == (0, [])


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


def test_only_so_many_of_one_person_are_not_over(send, ann, monkeypatch):
    monkeypatch.setattr("alerts.jobs.carriers.hint", lambda: None)
    answers = [send(HEAD + TEA).status_code for _ in range(uploads.AT_ONCE + 1)]
    assert answers == [302] * uploads.AT_ONCE + [422]
    assert len(left()) == uploads.AT_ONCE
    Job.objects.all().delete()
    assert not Import.objects.exists()


def test_those_sent_at_one_moment_are_counted_too(ann, monkeypatch):
    monkeypatch.setattr("alerts.jobs.carriers.hint", lambda: None)
    clients = [Client() for _ in range(uploads.AT_ONCE + 3)]
    for each in clients:
        each.force_login(ann)

    def sent(client):
        try:
            return client.post("/shop/imports/", {"file": SimpleUploadedFile("x.csv", (HEAD + TEA).encode())})
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as hands:
        answers = [answer.status_code for answer in hands.map(sent, clients)]
    assert sorted(answers) == [302] * uploads.AT_ONCE + [422] * 3
    Job.objects.all().delete()


def test_many_imports_in_a_short_time_are_refused_in_words(send, monkeypatch):
    monkeypatch.setattr("alerts.jobs.carriers.hint", lambda: None)
    for _ in range(10):
        assert send(HEAD + TEA).status_code == 302
        Job.objects.all().delete()
    answer = send(HEAD + TEA)
    assert answer.status_code == 422
    assert "That was many imports in a short time." in answer.content.decode()
    assert not Import.objects.exists()


def test_staff_hear_of_an_import_again_only_if_it_brought_more(send, small, broken, sam):
    broken(52, RuntimeError("a fault of ours"))
    send(HEAD + TEA * 50 + ",1,EUR,,\n" * 20 + TEA * 30)
    pk = over().pk
    about = Alert.objects.filter(audience="staff")
    assert [alert.title for alert in about.all()] == ["50 new orders from an import"]
    broken(72, RuntimeError("another"))
    assert wishes.grant("retry", pk)
    until(lambda: Job.objects.get().ended)
    assert (over().rejected, [alert.title for alert in about.all()]) == (20, ["50 new orders from an import"])
    assert wishes.grant("retry", pk)
    until(lambda: Job.objects.get().state == "done")
    assert [alert.title for alert in about.open()] == ["80 new orders from an import"]


def test_imports_and_orders_by_hand_share_a_line_in_the_bell_of_staff(send, ann, sam):
    ordering.place(ann, "Coffee", 100, "EUR")
    for number in range(3):
        send(f"{HEAD}Tea {number},1,EUR,,\n")
        over(number + 1)
    assert [(line.n, line.title) for line in bells([sam.pk])[sam.pk].lines] == [(4, "4 new orders")]


def test_only_so_many_files_of_one_person_are_kept_for_another_try(send):
    for number in range(uploads.KEPT + 2):
        send(HEAD + "\n" * 70_000)
        over(number + 1)
    files = [each.file for each in Import.objects.all()]
    assert sorted(left()) == sorted(files[: uploads.KEPT + 1])


def test_orders_that_were_imported_leave_room_for_those_by_hand(ann, send):
    send(HEAD + TEA * (ordering.AT_ONCE + 10))
    over()
    ordering.place(ann, "Coffee", 100, "EUR")


def test_the_order_form_stays_where_it_is_and_a_guest_is_told_how(client, gus, ann):
    assert "/accounts/login/?next=/shop/imports/" in client.get("/shop/imports/").content.decode()
    client.force_login(gus)
    answer = client.post("/shop/imports/", {"file": SimpleUploadedFile("x.csv", (HEAD + TEA).encode())})
    assert "/accounts/signup/?next=/shop/imports/" in answer.content.decode()
    assert not Import.objects.exists()
    client.force_login(ann)
    assert 'href="/shop/imports/"' in client.get("/shop/").content.decode()


def test_a_form_of_another_site_is_refused(ann):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ann)
    answer = strict.post("/shop/imports/", {"file": SimpleUploadedFile("x.csv", (HEAD + TEA).encode())})
    assert (answer.status_code, Import.objects.count(), left()) == (403, 0, [])


def test_the_import_of_another_is_not_found(send, ben, sam, client):
    send(HEAD + TEA + ",,,,x\n")
    pk = over().pk
    for person in (ben, sam):
        client.force_login(person)
        for path in (f"/shop/imports/{pk}/", f"/shop/imports/{pk}/rejected.csv", f"/shop/mine/?import={pk}"):
            assert client.get(path).status_code == 404
        assert ">orders.csv<" not in client.get("/shop/imports/").content.decode()
    for odd in ("0", "9" * 30, "9" * 5000, "x"):
        assert client.get(f"/shop/imports/{odd}/").status_code == 404
        assert client.get(f"/shop/mine/?import={odd}").status_code == 404


@pytest.mark.parametrize("what", [Import, Job])
def test_what_is_deleted_leaves_no_file_behind_once_that_is_committed(what, send, monkeypatch):
    monkeypatch.setattr("alerts.jobs.carriers.hint", lambda: None)
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

    monkeypatch.setattr("alerts.jobs.carriers.hint", lambda: None)
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
