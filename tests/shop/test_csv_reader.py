"""A file of orders is read a row at a time; a bad row has an error in words, and so has a bad file."""

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.forms import RowForm
from shop.imports.csv_reader import COLUMNS, MAX_ROW, CsvReader, FileRejected, check_text, escape, unescape

HEAD = b"item,amount,currency,note,reference\n"
TEA = b"Tea,12.50,EUR,,\n"


def read(data):
    check_text([data])
    return list(CsvReader(io.BytesIO(data)))


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
    assert check_text([data])[0] == 2


HEADS = ["", ",,", "Tea,12.50,EUR", "item;amount;currency", "item,amount", '"item', "x" * 60_000]
HEADS += ["item,amount,currency,what", "item,amount,currency,item", "item,amount,currency,"]


@pytest.mark.parametrize("head", HEADS)
def test_a_file_without_the_names_of_the_columns_is_rejected_in_words(head):
    with pytest.raises(FileRejected, match=r"^The first line must name the columns") as error:
        read(head.encode() + b"\n" + TEA)
    assert len(str(error.value)) < 220


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'"Tea"pot,1,EUR,,\n', "Its quotes or line breaks"),
        (b"Tea\rpot,1,EUR,,\n", "Its quotes or line breaks"),
        (b"Tea,1,EUR,\n", "It has more or fewer values"),
        (b"Tea,1,EUR,,,\n", "It has more or fewer values"),
    ],
)
def test_a_bad_row_keeps_its_text_and_the_next_one_counts(line, words):
    bad, good = read(HEAD + line + TEA)
    assert (bad.line, bad.error.startswith(words)) == (2, True)
    assert bad.cells[0].startswith(("Tea", '"Tea"pot,1,EUR,,', "Tea\rpot"))
    assert (good.line, good.error) == (3, "")


@pytest.mark.parametrize("piece", [b"x", b"a\n", b'","\n', b'"'])
def test_a_row_that_never_ends_is_named_and_little_of_it_is_held(piece):
    file = io.BytesIO(HEAD + TEA + b'"' + piece * (1024 * 1024 // len(piece)))
    tracemalloc.start()
    with pytest.raises(FileRejected, match=r"^The row in line 3 is over 65,536 characters\. Is a quote not closed"):
        for _ in CsvReader(file):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * MAX_ROW


pieces = st.sampled_from([HEAD, TEA, b'"', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"=1", b";"])


@given(st.lists(st.one_of(pieces, st.binary(max_size=20)), max_size=40).map(b"".join), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_to_their_end_or_rejected(data, headed):
    data = HEAD * headed + data
    try:
        lines = [row.line for row in read(data)]
    except FileRejected:
        return
    assert lines == sorted(set(lines))
    assert max(lines, default=0) <= check_text([data])[0]


def test_a_file_of_rejected_rows_is_read_as_it_was_the_first_time():
    rows = read(b"line,reason,item,amount,currency\n7,\"It, and so on\",'=1,'-5,EUR\n8,Why,'Tea','5,EUR\n")
    assert [row.cells[:3] for row in rows] == [["=1", "-5", "EUR"], ["'Tea'", "'5", "EUR"]]
    assert read(HEAD + b"'=1,1,EUR,,\n")[0].cells[0] == "'=1"  # who wrote an apostrophe meant one


@given(st.text(alphabet="'=+-@＝ \tab1"))
def test_an_escaped_cell_is_no_formula_and_comes_back_as_it_was(cell):
    assert unescape(escape(cell)) == cell
    assert not escape(cell).lstrip().startswith(("=", "+", "-", "@", "＝"))


def test_a_row_is_checked_like_the_order_form_with_every_reason():
    cells = ("", "-5", " xxx", "", "A" * 37)
    assert {name: list(errors) for name, errors in RowForm(dict(zip(COLUMNS, cells, strict=True))).errors.items()} == {
        "item": ["Say what you would like."],
        "currency": ["It is “XXX”, and may be EUR, GBP, USD, JPY."],
        "reference": ["Please keep it to 36 characters."],
    }
    form = RowForm(dict(zip(COLUMNS, ("Tea", " 3 ", "eur", "", " A  1 "), strict=True)))
    assert form.is_valid()
    assert (form.cleaned_data["amount"], form.cleaned_data["reference"]) == (300, "A 1")
