"""Sheets and rows that are not taken, in words and before any harm."""

import errno
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from jobs import Job, wishes
from shop.imports import importing, uploads
from shop.imports.models import Import, Reject
from shop.models import Order
from tests.shop.sheets import HEAD, TEA, left, over
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

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


def test_an_upload_leaves_the_reserve_of_the_disk_alone(send, monkeypatch):
    monkeypatch.setattr("http_bridge.disk.RESERVE", 2**60)
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


def test_only_so_many_of_one_person_are_not_over(send, ann, monkeypatch):
    monkeypatch.setattr("jobs.carriers.hint", lambda: None)
    answers = [send(HEAD + TEA).status_code for _ in range(uploads.AT_ONCE + 1)]
    assert answers == [302] * uploads.AT_ONCE + [422]
    assert len(left()) == uploads.AT_ONCE
    Job.objects.all().delete()
    assert not Import.objects.exists()


def test_those_sent_at_one_moment_are_counted_too(ann, monkeypatch):
    monkeypatch.setattr("jobs.carriers.hint", lambda: None)
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
    monkeypatch.setattr("jobs.carriers.hint", lambda: None)
    for _ in range(10):
        assert send(HEAD + TEA).status_code == 302
        Job.objects.all().delete()
    answer = send(HEAD + TEA)
    assert answer.status_code == 422
    assert "That was many imports in a short time." in answer.content.decode()
    assert not Import.objects.exists()


def test_a_form_of_another_site_is_refused(ann):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ann)
    answer = strict.post("/shop/imports/", {"file": SimpleUploadedFile("x.csv", (HEAD + TEA).encode())})
    assert (answer.status_code, Import.objects.count(), left()) == (403, 0, [])
