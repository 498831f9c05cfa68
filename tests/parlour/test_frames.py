"""A frame is one flat JSON object; whatever else comes is refused in words."""

import json

import pytest

from parlour.consumer import Malformed
from parlour.consumer import parse_frame as fields

NOT_FLAT = ["", "hello", "{", "{'kind': 'say'}", '{"kind": "say"}}', "[]", '["say"]', "5", "-1e309", "null", "NaN"]
NOT_FLAT += ['"say"', '{"text": {"a": "b"}}', '{"text": [["a"]]}', '{"text": ["a", 5]}', '{"text": [{}]}']
NOT_FLAT += ['{"a": "b", "deep": {"kind": "say"}}', "[" * 100_000, '{"a":' * 100_000, "\ufeff{}", '{"a": "\x01"}']
NOT_FLAT += ['{"a": ' + "9" * 5_000 + "}"]


@pytest.mark.parametrize("text", NOT_FLAT, ids=lambda text: text[:12])
def test_what_is_not_one_flat_object_is_malformed(text):
    with pytest.raises(Malformed, match=r"^That was not understood"):
        fields(text)


def test_a_frame_larger_than_the_limit_is_not_even_read(settings):
    settings.PARLOUR = {"FRAME_BYTES": 1000}
    assert fields(json.dumps({"text": "x" * 900}))
    with pytest.raises(Malformed, match="too much"):
        fields(json.dumps({"text": "x" * 1000}))


def test_a_flat_object_is_taken_as_it_is_without_what_htmx_adds():
    """HEADERS holds the page's address, which belongs in no log."""
    sent = {"kind": "say", "text": ["b", "a"], "acked": "3", "n": 4, "x": 1.5, "yes": True, "none": None}
    added = {"HEADERS": {"HX-Current-URL": "https://x/?token=1"}, "csrfmiddlewaretoken": "t"}
    assert fields(json.dumps(sent | added)) == sent


@pytest.mark.parametrize(
    "text", [r'{"text": "\ud800"}', r'{"\udfff": "x"}', r'{"\udfff": {}}', r'{"text": ["\udc00b"]}']
)
def test_half_a_character_is_lawful_json_and_goes_no_further(text):
    with pytest.raises(Malformed) as problem:
        fields(text)
    str(problem.value).encode()
