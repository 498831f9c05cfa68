"""A file of orders is read a row at a time as spreadsheets and shops write it; what is wrong is told in words."""

import io
import tracemalloc
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.forms import clean_row
from shop.imports import csv_reader
from shop.imports.csv_reader import COLUMNS, MAX_ROW, escape, open_sheet, unescape

HEAD = b"item,amount,currency,note,reference\n"
TEA = b"Tea,12.50,EUR,,\n"
EXPORTS = Path(__file__).with_name("exports")


def read(data):
    with open_sheet(io.BytesIO(data)) as sheet:
        return list(sheet)


def orders(data):
    """What each row is understood to be, or the reason against it."""
    found = []
    for row in read(data):
        try:
            values = clean_row(row.values)
            found.append((values["item"], values["amount"], values["currency"], values["note"], values["reference"]))
        except ValidationError as error:
            found.append(row.error or " ".join(error.messages))
    return found


def test_a_row_has_the_line_it_ends_in_and_blank_ones_are_left_out():
    rows = read(HEAD + TEA + b'Coffee,1,JPY,"two\nlines",\n\n,,,,\n' + TEA)
    assert [(row.line, row.cells[0]) for row in rows] == [(2, "Tea"), (4, "Coffee"), (7, "Tea")]
    assert rows[1].cells == ["Coffee", "1", "JPY", "two\nlines", ""]


SHEET = "item,amount,currency,note\nKäse für Zoë,12.50,EUR,“hot” – please\n"
WRITTEN = {
    "Excel, CSV UTF-8": SHEET.encode("utf-8-sig").replace(b"\n", b"\r\n"),
    "Excel, CSV": SHEET.encode("cp1252").replace(b"\n", b"\r\n"),
    "Excel, CSV in Germany": SHEET.replace(",", ";").replace("12.50", "12,50 €").encode("cp1252"),
    "Excel, Unicode text": SHEET.replace(",", "\t").encode("utf-16"),
    "Excel, Unicode text of a Mac": b"\xfe\xff" + SHEET.replace(",", "\t").encode("utf-16-be"),
    "Excel, CSV of an old Mac": SHEET.replace("\n", "\r").encode("mac_roman"),
    "LibreOffice, all in quotes": SHEET.replace(",", '";"').replace("\n", '"\n"').encode()[:-1].join([b'"', b""]),
    "sep=": b"sep=;\r\n" + SHEET.replace(",", ";").encode("cp1252"),
    "sep= of a sign of its own": "\ufeffSEP=^\n".encode() + SHEET.replace(",", "^").encode(),
    "sep= in quotes, with its byte order mark after it": b'"sep=\t"\n' + SHEET.replace(",", "\t").encode("utf-8-sig"),
    "byte order marks and blank lines before it": "\ufeff\ufeff\n,,,\r\n\ufeff".encode() + SHEET.encode(),
    "empty last columns": SHEET.replace("\n", ",,,\n").encode(),
    "columns in another order, and one that is unknown": "Écart;Currency; NOTE ;item;amount\n"
    "?;EUR;“hot” – please;Käse für Zoë;12.50".encode("cp1252"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_spreadsheets_write_is_read(name):
    assert orders(WRITTEN[name]) == [("Käse für Zoë", 1250, "EUR", "“hot” – please", "")]


def test_a_row_that_ends_early_is_filled_up_and_one_that_is_too_long_keeps_its_text():
    few, many, good = read(HEAD + b"Tea,1,EUR\nTea, green,1,EUR,,,x\n" + TEA)
    assert clean_row(few.values)["amount"] == 100
    assert many.error == "More values than columns: put “,” in quotes."
    assert many.cells == ["Tea", " green", "1", "EUR", "", "", "x"]
    assert (good.line, good.error) == (4, "")


REFUND = "amount: It must not be less than nothing."
CHANGES = {  # what the first line needs, and what the file then is
    "shopify": (
        "rename “Lineitem name” to “item”, rename “Total” or “Lineitem price” to “amount”",
        {"Lineitem name": "item", "Lineitem price": "amount"},
        [("Thé à la menthe", 1250, "EUR", "", ""), "currency: Choose a currency."],
    ),
    "square": (
        "name a column “currency”, rename “Gross Sales” or “Net Sales” to “amount”",
        {"Gross Sales": "amount", "Time Zone": "currency", "Eastern Time (US & Canada)": "USD"},
        [("Green tea", 102800, "USD", "", ""), REFUND],
    ),
}


@pytest.mark.parametrize("shop", CHANGES)
def test_what_shops_export_is_read_once_the_columns_are_named_as_the_file_was_told(shop):
    words, changes, rows = CHANGES[shop]
    text = (EXPORTS / f"{shop}.csv").read_text()
    with pytest.raises(ValidationError) as error:
        read(text.encode())
    assert error.value.message.startswith(f"In the first line, {words}. It says: ")
    for name, ours in changes.items():
        text = text.replace(name, ours)
    assert orders(text.encode()) == rows


RUSSIAN = "item,amount,currency\n" + "Чай чёрный,12.50,EUR\n" * 20
REJECTED = [
    (b"", "In the first line, name a column “amount”, name a column “currency”, name a column “item”."),
    (b"item\nTea", "It says: item"),
    (b"item,Amount,currency,amount\n", "In the first line, call one column alone “amount”."),
    (RUSSIAN.encode("cp1251"), "Line 1 or a later one is not in UTF-8."),
    (
        HEAD + "Käse,1,EUR,,\n".encode() + TEA * 5000 + b"K\xe4se,1,EUR,,\n",
        r"Line [45],\d\d\d or a later one is not in UTF-8",
    ),
    (SHEET.encode("utf-16")[:-1], "is not in UTF-16."),
    (HEAD + b"\0", "Line 2 is not text."),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not in UTF-8."),
    (b"PK\x03\x04\x14\0", "This is a workbook and not a CSV file. In a spreadsheet, choose “CSV UTF-8”"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is a workbook"),
    (HEAD + b'"Tea"pot,1,EUR,,\n', "Line 2: inside a value in quotes, a quote is written twice"),
    (HEAD + b'Tea,1,EUR,,\n"Tea', "Line 3: inside a value in quotes"),
    (HEAD + b"\n" * 100, "It has more than 100 lines."),
]


@pytest.mark.parametrize(("data", "words"), REJECTED)
def test_a_file_that_cannot_be_read_is_rejected_in_words(data, words, monkeypatch):
    monkeypatch.setattr(csv_reader, "MAX_LINES", 100 if data.endswith(b"\n\n") else 10_000)
    with pytest.raises(ValidationError, match=words):
        read(data)


@pytest.mark.parametrize("piece", [b"x", b"a\n", b'","\n', b'"'])
def test_a_row_that_never_ends_is_named_and_little_of_it_is_held(piece):
    file = io.BytesIO(HEAD + TEA + b'"' + piece * (1024 * 1024 // len(piece)))
    tracemalloc.start()
    with (
        pytest.raises(ValidationError, match=r"is over 65,536 letters\. Is a quote not closed"),
        open_sheet(file) as sheet,
    ):
        list(sheet)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * MAX_ROW


def test_many_rows_take_no_more_memory_than_few():
    file = io.BytesIO(b"\n" + "item,amount,currency\nKäse,12.50,EUR\n".encode("cp1252") + b"Tea,12.50,EUR\n" * 100_000)
    tracemalloc.start()
    with open_sheet(file) as sheet:
        assert sum(1 for _ in sheet) == 100_001
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1024 * 1024


pieces = st.sampled_from([HEAD, TEA, b'"', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"=1", b";"])


@given(st.lists(st.one_of(pieces, st.binary(max_size=20)), max_size=40).map(b"".join))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_to_their_end_or_rejected(data):
    try:
        lines = [row.line for row in read(HEAD + data)]
    except ValidationError:
        return
    assert lines == sorted(set(lines))


@given(st.text(alphabet="'=+-@＝ \tab1"))
def test_an_escaped_cell_is_no_formula_and_comes_back_as_it_was(cell):
    assert unescape(escape(cell)) == cell
    assert not escape(cell).lstrip().startswith(("=", "+", "-", "@", "＝"))


def test_a_row_is_checked_like_the_order_form_with_every_reason():
    with pytest.raises(ValidationError) as error:
        clean_row(dict(zip(COLUMNS, ("", "-5", " xxx", "", "A" * 37), strict=True)))
    assert error.value.messages == [
        "item: Say what you would like.",
        "currency: It is “XXX”, and may be EUR, GBP, USD, JPY.",
        "reference: Please keep it to 36 characters.",
    ]
    values = clean_row(dict(zip(COLUMNS, ("Tea", " 3 ", " eur", "", " A  1 "), strict=True)))
    assert values == {"item": "Tea", "amount": 300, "currency": "EUR", "note": "", "reference": "A 1"}
    assert clean_row({"item": "Tea", "amount": "¥1,500", "currency": " ¥"})["currency"] == "JPY"
