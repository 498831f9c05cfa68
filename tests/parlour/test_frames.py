"""A frame is one flat JSON object; whatever else comes is refused in words."""

import json

import pytest

from parlour.consumer import Malformed
from parlour.consumer import parse_frame as fields


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "{",
        "{'kind': 'say'}",
        '{"kind": "say"',
        '{"kind": "say"}}',
        "[]",
        '["say"]',
        "5",
        "-1e309",
        "true",
        "null",
        "NaN",
        '"say"',
        '{"text": {"a": "b"}}',
        '{"text": [["a"]]}',
        '{"text": ["a", 5]}',
        '{"text": ["a", null]}',
        '{"text": [{}]}',
        '{"a": "b", "deep": {"kind": "say"}}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"a": ' + "9" * 5_000 + "}",
        '{"a": "\x01"}',
        "\ufeff{}",
    ],
)
def test_what_is_not_one_flat_object_is_malformed(text):
    with pytest.raises(Malformed, match=r"^That was"):
        fields(text)


def test_a_frame_larger_than_the_limit_is_not_even_read(settings):
    settings.PARLOUR = {"FRAME_BYTES": 1000}
    assert fields(json.dumps({"text": "x" * 900}))
    with pytest.raises(Malformed, match="too much"):
        fields(json.dumps({"text": "x" * 1000}))


def test_a_flat_object_is_taken_as_it_is():
    sent = {"kind": "say", "text": ["b", "a"], "acked": "3", "n": 4, "x": 1.5, "yes": True, "none": None}
    assert fields(json.dumps(sent)) == sent


def test_what_htmx_adds_is_left_out():
    """HEADERS holds the page's address, which belongs in no log."""
    sent = {"kind": "seen", "HEADERS": {"HX-Current-URL": "https://x/?token=1"}, "csrfmiddlewaretoken": "t"}
    assert fields(json.dumps(sent)) == {"kind": "seen"}


@pytest.mark.parametrize("text", [r'{"text": "\ud800"}', r'{"\udfff": "x"}', r'{"text": ["a", "\udc00b"]}'])
def test_half_a_character_goes_no_further(text):
    """A lone surrogate is lawful JSON, but no database keeps it and no server can send it."""
    try:
        sent = fields(text)
    except Malformed as problem:
        str(problem).encode()
    else:
        json.dumps(sent, ensure_ascii=False).encode()
