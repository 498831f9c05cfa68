"""A file of orders is read a row at a time; a bad row has an error in words, and so has a bad file."""

import io
import tracemalloc

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.forms import clean_row
from shop.imports import csv_reader
from shop.imports.csv_reader import COLUMNS, MAX_ROW, FileRejected, escape, read_rows, unescape

HEAD = b"item,amount,currency,note,reference\n"
TEA = b"Tea,12.50,EUR,,\n"


def read(data):
    return list(read_rows(io.BytesIO(data)))


def test_a_row_has_the_line_it_ends_in_and_blank_ones_are_left_out():
    rows = read(HEAD + TEA + b'Coffee,1,JPY,"two\nlines",\n\n,,,,\n' + TEA)
    assert [(row.line, row.cells[0]) for row in rows] == [(2, "Tea"), (4, "Coffee"), (7, "Tea")]
    assert rows[1].cells == ["Coffee", "1", "JPY", "two\nlines", ""]


@pytest.mark.parametrize(
    "data",
    [b"\xef\xbb\xbf" + HEAD + TEA, (HEAD + TEA).replace(b"\n", b"\r\n"), b" Currency ,ITEM,amount\nEUR,Tea,12.50"],
)
def test_a_byte_order_mark_line_ends_of_windows_and_columns_in_any_order_and_case_are_fine(data):
    assert [row.cells for row in read(data)] == [["Tea", "12.50", "EUR", "", ""]]


REJECTED = [
    *(
        (names + b"\n" + TEA, "The first line must name the columns")
        for names in (b"", b"item;amount;currency", b"item")
    ),
    (b"item,amount,currency,item\n", "The first line must name the columns"),
    (HEAD + b"Th\xe9,1,EUR,,\n", "This is not a text file in UTF-8."),
    (HEAD + b"\0", "This is not a text file in UTF-8."),
    (HEAD + b'"Tea"pot,1,EUR,,\n', "The quotes or line breaks in line 2 are not those of CSV."),
    (HEAD + b"Tea\rpot,1,EUR,,\n", "The quotes or line breaks in line 2 are not those of CSV."),
    (HEAD + b"\n" * 100, "It has more than 100 lines."),
]


@pytest.mark.parametrize(("data", "words"), REJECTED)
def test_a_file_that_cannot_be_read_is_rejected_in_words(data, words, monkeypatch):
    monkeypatch.setattr(csv_reader, "MAX_LINES", 100)
    with pytest.raises(FileRejected, match=words):
        read(data)


def test_a_row_with_more_or_fewer_values_keeps_its_text_and_the_next_one_counts():
    few, many, good = read(HEAD + b"Tea,1,EUR,\nTea,1,EUR,,,x\n" + TEA)
    assert few.error == many.error != ""
    assert (few.cells, many.cells) == (["Tea", "1", "EUR", "", ""], ["Tea", "1", "EUR", "", "", "x"])
    assert (good.line, good.error) == (4, "")


@pytest.mark.parametrize("piece", [b"x", b"a\n", b'","\n', b'"'])
def test_a_row_that_never_ends_is_named_and_little_of_it_is_held(piece):
    file = io.BytesIO(HEAD + TEA + b'"' + piece * (1024 * 1024 // len(piece)))
    tracemalloc.start()
    with pytest.raises(FileRejected, match=r"is over 65,536 bytes\. Is a quote not closed"):
        list(read_rows(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * MAX_ROW


pieces = st.sampled_from([HEAD, TEA, b'"', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"=1", b";"])


@given(st.lists(st.one_of(pieces, st.binary(max_size=20)), max_size=40).map(b"".join))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_to_their_end_or_rejected(data):
    try:
        lines = [row.line for row in read(HEAD + data)]
    except FileRejected:
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
