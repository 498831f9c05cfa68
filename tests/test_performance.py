"""What docs/performance.md says is what a run found."""

import json
from xml.etree import ElementTree

import pytest

from bench.document import DOCS, RECORD, plot, tables, told
from bench.load import Room, Socket, Wrong
from bench.results import ROWS, reached

MEDIANS = {
    "uvicorn now": {"flight1_cpu": 12.0, "flight8_cpu": 3.0, "page_cpu": 2.6, "posts": 2100.0, "resume": 1.5},
    "Bun": {"flight1_cpu": 5.0, "flight8_cpu": 1.5},
    "ws": {"flight1_cpu": 10.0, "flight8_cpu": 9.0},
    "tutorial": {"flight1_cpu": 400.0},
}
RUN = {
    "date": "2026-01-01",
    "machine": "a processor, 2 cores",
    "versions": ["Python 3"],
    "repeats": 3,
    "readers": 1000,
    "spread": 4.0,
    "others": 9.0,
    "full": ["Bun"],
    "rows": ROWS,
    "parts": [],
    "medians": MEDIANS,
}


def test_a_target_is_a_number_or_a_multiple_of_what_a_peer_has():
    assert reached("≤ 1.3x ws", "flight1_cpu", MEDIANS) == "yes"
    assert reached("≤ 1.3x ws and ≤ 2x Bun", "flight1_cpu", MEDIANS) == "no"
    assert reached("≤ 2.5", "page_cpu", MEDIANS) == "no"
    assert reached("≥ 2,000", "posts", MEDIANS) == "yes"


def test_a_target_is_open_while_a_peer_that_it_names_was_not_measured():
    assert reached("≤ 0.6x nchan and ≤ 2x Bun", "flight8_cpu", MEDIANS) == "–"
    assert reached("≤ 24", "memory", MEDIANS) == "–"


def test_the_page_names_what_was_measured_and_what_was_not():
    text = tables(RUN)
    assert "| lone message: server µs a delivery | 12.0 | 5.00 | 10.0 | 400 | ≤ 1.3 × ws | yes |" in text
    assert "| all resume at once, 50 messages behind: s until all have caught up | 1.50 | ≤ 2 | yes |" in text
    assert "The load client never waited with Bun:" in text
    assert "Not measured: Parlour, Daphne; nginx, nchan; Node, socket.io; plain Django." in text


def test_every_bar_of_the_plot_has_its_name_and_figure_and_the_longest_is_cut():
    svg = ElementTree.fromstring(plot(MEDIANS, ROWS))
    said = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Parlour, uvicorn", "12.0", "Channels' tutorial", "400"} <= set(said)
    assert len(svg.findall("{http://www.w3.org/2000/svg}path[@class='break']")) == 1
    assert "Bun 5.00" in svg.findtext("{http://www.w3.org/2000/svg}desc")


def test_what_is_checked_in_was_written_by_one_run():
    text = (DOCS / "performance.md").read_text()
    assert tables(RUN) in told(RUN, text)
    if RECORD.exists():  # there is none before the first run
        run = json.loads(RECORD.read_text())
        assert told(run, text) == text
        assert plot(run["medians"], run["rows"]) == (DOCS / "performance.svg").read_text()


def hears(room, numbers):
    """A reader of a room who is told these messages."""
    reader = object.__new__(Socket)  # without a connection
    reader.room, reader.at = room, 0
    for number in numbers:
        reader._hear(number)


def posted(*numbers):
    room = Room()
    room.readers = 2
    for number in numbers:
        room.post(number)
    hears(room, numbers)
    return room


@pytest.mark.parametrize("told", [[1, 1, 2], [2, 1], [1, 3], [1, 2, 2], [1, 2, 3]])
def test_a_run_fails_where_a_reader_is_told_twice_or_in_another_order_or_what_nobody_posted(told):
    room = posted(1, 2)
    with pytest.raises(Wrong):
        hears(room, told)


def test_a_run_waits_for_each_reader_to_be_told_the_last_message():
    room = posted(1, 2)
    hears(room, [1])
    assert not room.settled
    room = posted(1, 2)
    hears(room, [1, 2])
    assert room.settled
