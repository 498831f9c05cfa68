"""How texts are numbered: they travel newest first, above what the page knows to be acknowledged."""

import pytest

from rooms.send_once import MOST, Malformed, NumberedText, numbered_texts

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
        ((["six", "five"], "4"), 4, [(5, "five"), (6, "six")]),
        ((["six", "five"], 4), 5, [(6, "six")]),  # a number, too
        ((["ok", "ok"], "0"), 0, [(1, "ok"), (2, "ok")]),
        (("", "000"), 0, [(1, "")]),
    ],
)
def test_a_frames_texts_are_numbered_from_what_the_page_had_acknowledged(sent, server, expected):
    text, acked = sent
    assert texts(numbered_texts({"page": PAGE, "text": text, "acked": acked}, server)) == expected


def test_a_program_that_counts_nothing_repeats_nothing():
    assert numbered_texts({"text": ["two", "one"]}, 0) == [NumberedText("", 0, "one"), NumberedText("", 0, "two")]


def test_the_oldest_hundred_are_taken_and_the_rest_stay_on_the_page():
    newest_first = [f"text {n}" for n in range(150, 0, -1)]
    taken = numbered_texts({"page": PAGE, "text": newest_first, "acked": "0"}, 0, MOST)
    assert texts(taken) == [(n, f"text {n}") for n in range(1, MOST + 1)]
    rest = numbered_texts({"page": PAGE, "text": newest_first, "acked": "0"}, MOST)
    assert texts(rest) == [(n, f"text {n}") for n in range(MOST + 1, 151)]


TEXTS = [5, {"a": "b"}, ["a", 5], True]
PAGES = [5, [PAGE], PAGE + "\n", "a b", '"a', "é", "0" * 41]
COUNTS = ["-1", -1, "1.5", 1.5, True, ["1"], "²", "9" * 30, 10**9, float("nan")]
MALFORMED = [{"text": text} for text in TEXTS] + [{"text": "x", "page": page} for page in PAGES]
MALFORMED += [{"text": "x", "page": PAGE, "acked": acked} for acked in COUNTS]


@pytest.mark.parametrize("fields", MALFORMED)
def test_what_no_page_sends_is_malformed(fields):
    with pytest.raises(Malformed):
        numbered_texts(fields, 0)


@pytest.mark.parametrize("fields", [{}, {"text": None}, {"text": [], "page": PAGE, "acked": "3"}])
def test_a_frame_without_a_text_says_nothing(fields):
    assert numbered_texts(fields, 0) == []
