"""How texts are numbered: they travel newest first, above what the page knows to be acknowledged."""

import pytest

from rooms.send_once import MOST, Malformed, NumberedText, count, new_page, numbered_texts

PAGE = "0123456789abcdef"


def texts(found):
    return [(each.n, each.text) for each in found]


@pytest.mark.parametrize(
    ("sent", "server", "expected"),
    [
        # what the page sends: texts newest first, and its acked; what the server knows; what is taken
        (("one", "0"), 0, [(1, "one")]),
        ((["two", "one"], "0"), 0, [(1, "one"), (2, "two")]),
        ((["three", "two", "one"], "0"), 1, [(2, "two"), (3, "three")]),
        ((["two", "one"], "0"), 2, []),
        ((["two", "one"], "0"), 9, []),
        ((["six", "five"], "4"), 4, [(5, "five"), (6, "six")]),
        ((["six", "five"], "4"), 0, [(5, "five"), (6, "six")]),
        ((["six", "five"], 4), 5, [(6, "six")]),
        (([], "3"), 3, []),
        ((["ok", "ok"], "0"), 0, [(1, "ok"), (2, "ok")]),
        (("", "0"), 0, [(1, "")]),
    ],
)
def test_a_frames_texts_are_numbered_from_what_the_page_had_acknowledged(sent, server, expected):
    text, acked = sent
    assert texts(numbered_texts({"page": PAGE, "text": text, "acked": acked}, server)) == expected


def test_every_text_bears_its_pages_id():
    assert numbered_texts({"page": PAGE, "text": "x"}, 0) == [NumberedText(PAGE, 1, "x")]


def test_a_program_that_counts_nothing_repeats_nothing():
    assert numbered_texts({"text": ["two", "one"]}, 0) == [NumberedText("", 0, "one"), NumberedText("", 0, "two")]


def test_the_oldest_hundred_are_taken_and_the_rest_stay_on_the_page():
    newest_first = [f"text {n}" for n in range(150, 0, -1)]
    taken = numbered_texts({"page": PAGE, "text": newest_first, "acked": "0"}, 0, MOST)
    assert texts(taken) == [(n, f"text {n}") for n in range(1, MOST + 1)]
    rest = numbered_texts({"page": PAGE, "text": newest_first, "acked": "0"}, MOST)
    assert texts(rest) == [(n, f"text {n}") for n in range(MOST + 1, 151)]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": 5},
        {"text": {"a": "b"}},
        {"text": ["a", 5]},
        {"text": True},
        {"text": "x", "page": 5},
        {"text": "x", "page": ["0123456789abcdef"]},
        {"text": "x", "page": PAGE + "\n"},
        {"text": "x", "page": "a b"},
        {"text": "x", "page": "a>b"},
        {"text": "x", "page": '"a'},
        {"text": "x", "page": "é"},
        {"text": "x", "page": "0" * 41},
        {"text": "x", "page": PAGE, "acked": "-1"},
        {"text": "x", "page": PAGE, "acked": -1},
        {"text": "x", "page": PAGE, "acked": "1.5"},
        {"text": "x", "page": PAGE, "acked": 1.5},
        {"text": "x", "page": PAGE, "acked": True},
        {"text": "x", "page": PAGE, "acked": ["1"]},
        {"text": "x", "page": PAGE, "acked": "²"},
        {"text": "x", "page": PAGE, "acked": "9" * 30},
        {"text": "x", "page": PAGE, "acked": 10**9},
        {"text": "x", "page": PAGE, "acked": float("nan")},
        {"text": "x", "page": PAGE, "acked": float("inf")},
    ],
)
def test_what_no_page_sends_is_malformed(fields):
    with pytest.raises(Malformed):
        numbered_texts(fields, 0)


@pytest.mark.parametrize("fields", [{}, {"text": None}, {"text": []}, {"text": [], "page": PAGE, "acked": "3"}])
def test_a_frame_without_a_text_says_nothing(fields):
    assert numbered_texts(fields, 0) == []


@pytest.mark.parametrize(("value", "expected"), [("0", 0), (0, 0), ("41", 41), (41, 41), ("007", 7)])
def test_a_count_is_digits_or_a_number(value, expected):
    assert count(value) == expected


def test_every_page_has_an_id_of_its_own_that_the_composer_takes():
    pages = {new_page() for _ in range(100)}
    assert len(pages) == 100
    assert all(numbered_texts({"page": page, "text": "x"}, 0) for page in pages)
