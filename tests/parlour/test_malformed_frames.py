"""A socket that sends what no page sends: words, five malformed frames, close codes, and never a fault of ours."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parlour import hub
from parlour.consumer import Malformed, parse_frame
from tests.parlour.recording_page import RecordingPage, Silent
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)
PATIENT = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
PAGE = "0123456789abcdef"


NOT_FLAT = ["", "hello", "{", "{'kind': 'say'}", '{"kind": "say"}}', "[]", '["say"]', "5", "-1e309", "null", "NaN"]
NOT_FLAT += ['"say"', '{"text": {"a": "b"}}', '{"text": [["a"]]}', '{"text": ["a", 5]}', '{"text": [{}]}']
NOT_FLAT += ['{"a": "b", "deep": {"kind": "say"}}', "[" * 100_000, '{"a":' * 100_000, "\ufeff{}", '{"a": "\x01"}']
NOT_FLAT += ['{"a": ' + "9" * 5_000 + "}"]


@pytest.mark.parametrize("text", NOT_FLAT, ids=lambda text: text[:12])
def test_what_is_not_one_flat_object_is_malformed(text):
    with pytest.raises(Malformed, match=r"^That was not understood"):
        parse_frame(text)


def test_a_frame_larger_than_the_limit_is_not_even_read(settings):
    settings.PARLOUR = {"FRAME_BYTES": 1000}
    assert parse_frame(json.dumps({"text": "x" * 900}))
    with pytest.raises(Malformed, match="too much"):
        parse_frame(json.dumps({"text": "x" * 1000}))


def test_a_flat_object_is_taken_as_it_is_without_what_htmx_adds():
    """HEADERS holds the page's address, which belongs in no log."""
    sent = {"kind": "say", "text": ["b", "a"], "acked": "3", "n": 4, "x": 1.5, "yes": True, "none": None}
    added = {"HEADERS": {"HX-Current-URL": "https://x/?token=1"}, "csrfmiddlewaretoken": "t"}
    assert parse_frame(json.dumps(sent | added)) == sent


@pytest.mark.parametrize(
    "text", [r'{"text": "\ud800"}', r'{"\udfff": "x"}', r'{"\udfff": {}}', r'{"text": ["\udc00b"]}']
)
def test_half_a_character_is_lawful_json_and_goes_no_further(text):
    with pytest.raises(Malformed) as problem:
        parse_frame(text)
    str(problem.value).encode()


async def test_what_was_malformed_is_said_in_words_and_comes_back_as_text(ann, lobby):
    async with RecordingPage(ann) as page:
        await page.send_text("{")
        await page.shows("That was not understood: it is not JSON.")
        await page.send(kind="dance")
        await page.shows("no such kind of message")
        await page.send_text(json.dumps({'<b id="x">': {}}))
        await page.receives("&lt;b id=&quot;x&quot;&gt;")
        await page.send(kind="say")
        await page.shows("“text” is missing")
        await page.stays()
        await page.send_text("the fifth")
        await page.ends(1008)


async def test_a_binary_frame_ends_it_and_what_comes_after_the_end_is_not_heard(ann, lobby):
    async with RecordingPage(ann) as page:
        await page.send_bytes()
        await page.send(text="too late")  # as a program says it, which needs no hello
        await page.ends(1003)
    assert not await lobby.messages.aexists()


@pytest.mark.parametrize(("times", "extra"), [(30, ""), (3, "y" * 100_000)], ids=["many", "large ones"])
async def test_a_flood_ends_it_with_words_and_keeps_the_beat(ann, lobby, conf, times, extra):
    conf(FRAME_RATE="0.001/20")
    async with RecordingPage(ann) as page:
        for _ in range(times):
            await page.send(kind="typing", x=extra)
        await page.ends(4029)
        await page.shows("too much at once")
        assert page.document.find("room-lobby-beat")


async def test_who_says_no_hello_is_sent_away_and_whoever_said_it_may_be_quiet(ann, ben, lobby, conf):
    async with RecordingPage(ben) as greeted:
        conf(HELLO_WITHIN=0.1)
        async with Silent(ann) as page:
            await page.ends(4008)
            await page.shows("did not introduce itself")
            assert 'class="pl-beat' not in page.frames[-1]  # the painted beat is left as it is
        conf(HELLO_WITHIN=0.4)
        async with RecordingPage(ann) as page:
            await page.stays(0.5)
        await greeted.stays(0)


async def test_before_hello_nothing_is_delivered_and_nothing_is_heard(ann, ben, lobby):
    async with Silent(ann) as silent, RecordingPage(ben) as page:
        await silent.send(kind="say", text="from a removed element", page=PAGE, acked="0")
        await page.send(kind="say", text="to those who said hello")
        await page.shows("to those who said hello")
        await silent.stays()
        assert silent.frames == []
        assert "from a removed element" not in page.document.text()


async def test_an_old_socket_is_asked_to_come_back(ann, lobby, fast_clocks, conf):
    conf(MAX_AGE=0.1)
    async with RecordingPage(ann) as page:
        await page.ends(1012)


HALF_HELLOS = [
    {"page": ["x"]},
    {"page": {"a": "b"}},
    {"page": PAGE, "acked": "junk"},
    {"page": PAGE, "acked": "1", "text": 5},
    {"text": "x\ud800"},
]


@pytest.mark.parametrize("fields", HALF_HELLOS)
async def test_a_malformed_hello_is_no_hello(ann, lobby, log_lines, fields):
    """A page that then says it properly is greeted as if nothing had been."""
    async with Silent(ann) as page:
        await page.send(kind="hello", cursor=[], **fields)
        await page.shows("not understood")
        await page.send(kind="say", text="too early", page=PAGE, acked="0")
        await page.hello(page=PAGE, acked="0")
        await page.send(kind="say", text="in time", page=PAGE, acked="0")
        await page.shows("in time")
        assert "too early" not in page.document.text()
    assert log_lines == []


async def test_a_page_that_fell_behind_is_closed_without_what_it_could_not_take(ann, lobby):
    async with RecordingPage(ann) as page:
        [consumer] = hub.current().listeners
        await eventually(lambda: consumer.send_queue.task is None)  # else a beat on its way takes it along
        consumer.send_queue.waiting.append("too late")
        consumer.end(1013)
        await page.ends(1013)
        assert "too late" not in "".join(page.frames)


NAMES = st.sampled_from(["kind", "text", "message", "page", "acked", "cursor", "HEADERS", "x", "", "\ud800"])
TEXTS = st.one_of(
    st.sampled_from(["hello", "say", "typing", "seen", PAGE, "0", "1", "999999999", "ok", "", " ", "\x00", "\ud800"]),
    st.text(max_size=20),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=5)
KNOWN = st.builds(
    lambda kind, rest: {**rest, "kind": kind}, st.sampled_from(["hello", "say", "typing", "dance"]), OBJECTS
)
FRAMES = st.one_of(
    OBJECTS.map(json.dumps), KNOWN.map(json.dumps), VALUES.map(json.dumps), st.text(max_size=30), st.just("[" * 5000)
)


@settings(max_examples=25, deadline=None, suppress_health_check=PATIENT)
@given(frames=st.lists(FRAMES, min_size=1, max_size=6), greeted=st.booleans())
async def test_no_frame_of_any_kind_raises(ann, lobby, log_lines, frames, greeted):
    async with (RecordingPage if greeted else Silent)(ann) as page:
        for frame in frames:
            await page.send_text(frame)
    assert log_lines == []
    assert page.closed in (None, 1008)
