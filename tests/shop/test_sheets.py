"""A sheet is read a row at a time: good rows come as orders, bad ones with line and reason, a bad sheet with words."""

import csv
import io
import itertools
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.imports import formulas, slips
from shop.imports.batches import batches
from shop.imports.sheet import LONGEST, Sheet, Unreadable

HEAD = b"item,amount,currency,note,reference\n"
TEA = b"Tea,12.50,EUR,,\n"


def rows(data):
    return list(Sheet(io.BytesIO(data)))


def read(line, head=HEAD):
    """The slip that one line makes, or its reasons for making none."""
    sheet = Sheet(io.BytesIO(head + line))
    (row,) = sheet
    try:
        return slips.read(sheet.columns, row.cells)
    except slips.Denied as why:
        return str(why)


def test_rows_come_with_the_line_each_begins_in():
    found = rows(HEAD + TEA + b'Coffee,1,JPY,"two\nlines",\n\n' + TEA)
    assert [(row.line, row.cells[:1]) for row in found] == [(2, ["Tea"]), (3, ["Coffee"]), (5, []), (6, ["Tea"])]
    assert found[1].cells[3] == "two\nlines"


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf" + HEAD + TEA, (HEAD + TEA).replace(b"\n", b"\r\n"), HEAD + TEA[:-1]])
def test_a_mark_at_the_start_line_ends_of_windows_and_no_last_line_end_are_fine(data):
    assert [row.cells for row in rows(data)] == [["Tea", "12.50", "EUR", "", ""]]


def test_a_sheet_goes_on_where_it_was_left():
    data = b"\xef\xbb\xbf" + HEAD + TEA + b'"Coffee\nand cake",1,JPY,,\r\n' + TEA + "Tëa,1,EUR,,\n".encode() + TEA
    whole = rows(data)
    for stop in range(len(whole) + 1):
        sheet = Sheet(io.BytesIO(data))
        before = list(itertools.islice(sheet, stop))
        again = Sheet(io.BytesIO(data))
        again.go(sheet.cursor, sheet.line)
        assert before + list(again) == whole
        assert sheet.line == (whole[stop].line if stop < len(whole) else 8)


UNREADABLE = [
    (b"", "The first line must name the columns: item, amount, currency; and, if you like, note, reference."),
    (b"\n" + HEAD, "The first line must name the columns"),
    (b",,\n", "The first line must name the columns"),
    (b"\xef\xbb\xbf", "The first line must name the columns"),
    (b"PK\x03\x04 a workbook", "not a CSV file"),
    (HEAD.decode().encode("utf-16"), "not a CSV file"),
    (b"\0" * 9000, "not a CSV file"),
    (b"item,am\xe9unt\n", "Line 1 is not UTF-8."),
    (b"item;amount;currency\nTea;1;EUR\n", "between semicolons. Save it with commas."),
    (b"item\tamount\tcurrency\n", "between tabs"),
    (b"item,amount\n", "It lacks “currency”."),
    (b"what\n", "The first line must name the columns"),
    (b"Tea,12.50,EUR\n", "The first line must name the columns"),
    (b"item,what\n", "There is no place for “what”"),
    (b"item,amount,currency,colour,size\n", "There is no place for “colour”, “size”: the columns are item,"),
    (b"item,amount,currency,Item\n", "More than one column is called “item”."),
    (b"item,amount,currency,\n", "Column 4 has no name."),
    (b"item," + b"a," * 900 + b"\n", "There is no place for “a”"),
    (b"x" * (LONGEST + 1) + b"\n", "The first line must name"),
    (b'"item\n' + b"x\n" * LONGEST, "The row that begins in line 1 is over 64 KB long. Is a quote not closed?"),
    (b'"item', "A quote that opens in line 1 is never closed."),
    (b"item,amount\rTea,1\r", "The first line must name"),
]


@pytest.mark.parametrize(("data", "words"), UNREADABLE)
def test_what_is_no_sheet_of_orders_is_said_in_words(data, words):
    with pytest.raises(Unreadable) as why:
        Sheet(io.BytesIO(data))
    assert words in str(why.value)
    assert len(str(why.value)) < 300


def test_names_of_columns_may_stand_in_any_order_and_case():
    assert read(b"EUR,Tea, 3 \n", b" Currency ,ITEM,amount\n") == ("Tea", "EUR", 300, "", "")


def test_a_file_of_rejected_rows_is_read_as_it_was_sent_the_first_time():
    sheet = Sheet(
        io.BytesIO(b"line,reason,item,amount,currency\n7,\"It, and so on\",'=1,'-5,EUR\n8,Why,'Tea','5,EUR\n")
    )
    assert sheet.columns == ["item", "amount", "currency"]
    assert [(row.line, row.cells) for row in sheet] == [(2, ["=1", "-5", "EUR"]), (3, ["'Tea'", "'5", "EUR"])]
    assert rows(HEAD + b"'=1,1,EUR,,\n")[0].cells[0] == "'=1"  # who wrote an apostrophe meant one


@given(st.text(alphabet="'=+-@＝ \tab1"))
def test_what_is_made_harmless_for_a_spreadsheet_comes_back_as_it_was(cell):
    assert formulas.plain(formulas.harmless(cell)) == cell
    assert not formulas.harmless(cell).lstrip().startswith(("=", "+", "-", "@", "＝"))


def test_a_line_that_is_not_utf8_is_named_and_nothing_is_guessed():
    with pytest.raises(Unreadable, match=r"Line 4 is not UTF-8\."):
        rows(HEAD + TEA + TEA + "Thé,1,EUR,,\n".encode("latin-1") + TEA)


def test_a_quote_that_is_never_closed_is_named_by_the_line_it_opens_in():
    with pytest.raises(Unreadable, match=r"A quote that opens in line 3 is never closed\."):
        rows(HEAD + TEA + b'"Tea,1,EUR,,\n' + TEA)
    with pytest.raises(
        Unreadable, match=r"The row that begins in line 3 has over 1,000 commas\. Is a quote not closed"
    ):
        rows(HEAD + TEA + b'"Tea,1,EUR,,\n' + TEA * LONGEST)


FAULTY = [
    (b"x" * 1024 * 1024 + b"\n", "It is over 64 KB long."),
    (b'"Tea"pot,1,EUR,,\n', "Its quotes or line breaks are not those of CSV."),
    (b"Tea\rpot,1,EUR,,\n", "Its quotes or line breaks are not those of CSV."),
]


@pytest.mark.parametrize(("line", "words"), FAULTY)
def test_a_row_that_is_none_is_left_out_and_the_next_one_counts(line, words):
    faulty, good = rows(HEAD + line + TEA)
    assert (faulty.line, faulty.fault, faulty.cells) == (2, words, [])
    assert (good.line, good.cells[0]) == (3, "Tea")


REFUSED = [
    (b",1,EUR,,\n", "item: Say what you would like."),
    ("\u200b\u200d,1,EUR,,\n".encode(), "item: Use words that can be seen."),
    (b"x" * 121 + b",1,EUR,,\n", "item: Please keep it to 120 characters."),
    (b"Tea,1,EUR," + b"x" * 501 + b",\n", "note: Please keep it to 500 characters."),
    (b"Tea,1,EUR,," + b"x" * 37 + b"\n", "reference: Please keep it to 36 characters."),
    (b"Tea,,EUR,,\n", "amount: Say how much it may cost."),
    (b"Tea,much,EUR,,\n", "amount: Write it as a number, like 12.50."),
    (b"Tea,-5,EUR,,\n", "amount: It has to be more than nothing."),
    (b"Tea,0.00,EUR,,\n", "amount: It has to be more than nothing."),
    (b"Tea,1e9,EUR,,\n", "amount: Write it as a number, like 12.50."),
    (b"Tea," + b"9" * 400 + b",EUR,,\n", "amount: Write it as a number, like 12.50."),
    (b"Tea,10000.01,EUR,,\n", "amount: The most for one order is 10,000.00 EUR."),
    (b"Tea,1.5,JPY,,\n", "amount: JPY has no digits after the point."),
    (b"Tea,1,,,\n", "currency: Choose a currency."),
    (b"Tea,1,XXX,,\n", "currency: It is “XXX”, and may be EUR, GBP, USD, JPY."),
    (b"Tea,1,EUR,\n", "It has 4 values for 5 columns. One that holds a comma needs quotes."),
    (b"Tea,1,EUR,,,\n", "It has 6 values for 5 columns."),
    (b",-1,XXX,,\n", "item: Say what you would like. currency: It is “XXX”, and may be EUR, GBP, USD, JPY. amount:"),
]


@pytest.mark.parametrize(("line", "words"), REFUSED)
def test_a_row_that_is_no_order_is_refused_with_every_reason(line, words):
    assert str(read(line)).startswith(words)


def test_what_looks_like_a_formula_is_text():
    assert read(b'"=HYPERLINK(""http://x"",""Tea"")",1,eur,+note,@1\n') == (
        '=HYPERLINK("http://x","Tea")',
        "EUR",
        100,
        "+note",
        "@1",
    )


pieces = st.sampled_from([HEAD, TEA, b'"', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"=1", b";"])


@given(st.lists(st.one_of(pieces, st.binary(max_size=20)), max_size=40).map(b"".join), st.booleans())
@settings(max_examples=400, deadline=None)
def test_any_bytes_end_in_a_known_state(data, headed):
    data = HEAD * headed + data
    lines, words = [], "Read to its end."
    try:
        sheet = Sheet(io.BytesIO(data))
        for row in sheet:
            lines.append(row.line)
            with suppress(slips.Denied):
                slips.read(sheet.columns, row.cells)
        assert sheet.cursor == len(data)
    except Unreadable as why:
        words = str(why)
    assert words.endswith((".", "?"))
    assert lines == sorted(set(lines))


typed = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@given(st.lists(st.tuples(*[typed] * 5), max_size=20))
@settings(max_examples=100, deadline=None)
def test_what_csv_writes_is_read_back(orders):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows(orders)
    assert [tuple(row.cells) for row in rows(HEAD + text.getvalue().encode())] == orders


class Repeated(io.RawIOBase):
    """A stream of 1 MB that says the same again and again, and is nowhere whole."""

    size = 1024 * 1024

    def __init__(self, piece):
        self.at, self.text = 0, piece * (8192 // len(piece))

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, at, whence=0):
        self.at = at
        return at

    def readinto(self, room):
        text = HEAD + TEA if self.at == 0 else self.text
        text = text[: min(len(room), self.size - self.at)]
        room[: len(text)] = text
        self.at += len(text)
        return len(text)


@pytest.mark.parametrize("piece", [TEA, b"x", b'"a\n', b'"', b"\xff"], ids=repr)
def test_however_long_it_is_little_of_it_is_held(piece):
    sheet = Sheet(io.BufferedReader(Repeated(piece)))
    assert sheet.columns
    tracemalloc.start()
    try:
        for _ in sheet:
            pass
    except Unreadable:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 * LONGEST


@pytest.mark.parametrize(("column", "most"), [("item", 120), ("note", 500), ("reference", 36)])
def test_what_grows_when_it_is_cleaned_is_measured_then(column, most):
    typed = {"item": "Tea", "note": "", "reference": ""} | {column: "\ufb2c" * most}
    line = f"{typed['item']},1,EUR,{typed['note']},{typed['reference']}\n".encode()
    assert read(line) == f"{column}: Please keep it to {most} characters."


def test_a_note_may_hold_as_many_commas_as_words():
    assert read(b'Tea,1,EUR,"' + b"," * 499 + b'x",\n').note == "," * 499 + "x"


def test_wide_rows_take_no_more_than_long_ones():
    data = HEAD + (b"ab," * 21_000 + b"\n") * 50 + (b"ab," * 1_000 + b"\n") * 50
    sheet = Sheet(io.BytesIO(data))
    tracemalloc.start()
    for batch in batches(sheet):
        assert len(batch.taken) + len(batch.rejected) <= 50
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * 1024 * 1024


def test_a_batch_of_long_rows_ends_early_and_the_next_goes_on_there():
    row = b"x" * 60_000 + b",1,EUR,,\n"
    sheet = Sheet(io.BytesIO(HEAD + row * 12))
    assert [(len(batch.rejected), batch.line) for batch in batches(sheet)] == [(5, 7), (5, 12), (2, 14)]
