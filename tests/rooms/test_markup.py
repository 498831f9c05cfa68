"""What people write is shown as what it is: text, in plain Markdown, with nothing hidden in it."""

import unicodedata
from contextlib import suppress
from time import perf_counter
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms import markup
from rooms.markup import HEAVIEST, LONGEST, TextRejected, clean_text, is_plain, to_html
from tests.rooms.parsed import Seen

ALLOWED = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"}


def shown(text):
    return to_html(text)[0]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>\"'=/&;:()[]!*_~`#-+.1 \n\tabhrefonx\\{}%|"), max_size=80))
def test_no_text_makes_an_element_or_an_attribute_that_is_not_ours(text):
    for tag, *attributes in Seen(shown(text)).elements:
        assert tag in ALLOWED
        assert set(attributes) <= {"a": {"href", "rel"}, "ol": {"start"}, "li": {"value"}}.get(tag, set())


def test_a_link_that_would_do_something_is_no_link():
    links = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "java&#115;cript:alert(1)"]
    links += ["\x01javascript:alert(1)", " javascript:alert(1)", "<javascript:alert(1)>", "vbscript:alert(1)"]
    links += ["data:text/html,<script>alert(1)</script>", "data:image/svg+xml,<svg onload=alert(1)>"]
    links += ["file:///etc/passwd", "blob:https://x/y"]
    others = ["<javascript:alert(1)>", "javascript:alert(1)", "[x]: javascript:alert(1)\n\n[x]"]
    for text in (*others, *(f"[x]({link})" for link in links)):
        assert set(Seen(shown(text)).links) <= {"https://x/y"}, text


ELSEWHERE = ["tel:+4912345", "magnet:?xt=urn:btih:1", "ssh://host/x", "ftp://example.com/x", "//example.com/x"]
ELSEWHERE += ["word", "/rooms/new/", "#top", "?upto=1", "https:word", "mailto", "intent://x#Intent;end", "sms:1"]


@pytest.mark.parametrize("link", ELSEWHERE)
def test_a_link_leads_to_the_web_or_to_mail_and_any_other_stays_what_was_typed(link):
    for text in (f"[x]({link})", f'[x](<{link}> "title")', link):
        assert Seen(shown(text)).links == [], text
        assert Seen(shown(text)).text == text
    assert Seen(shown("[x]()")).links == []
    assert Seen(shown("[a](HTTPS://a.example) [b](MailTo:me@a.example)")).links == [
        "HTTPS://a.example",
        "MailTo:me@a.example",
    ]


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("see https://example.com/a?b=c&d=e.", "https://example.com/a?b=c&d=e"),
        ("www.example.com", "http://www.example.com"),
        ("[words](https://example.com)", "https://example.com"),
        ("me@example.de", "mailto:me@example.de"),
        ("見てhttps://example.com/a、次", "https://example.com/a"),
        ("www.example.com/東京。次", "http://www.example.com/%E6%9D%B1%E4%BA%AC"),
        ("“https://example.com/a”", "https://example.com/a"),
        ("https://example.com/ダ・ヴ！", "https://example.com/%E3%83%80%E3%83%BB%E3%83%B4"),
    ],
)
def test_links_are_links_that_tell_nobody_where_they_were(text, href):
    assert Seen(shown(text)).links == [href]
    assert 'rel="noopener noreferrer nofollow"' in shown(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** *slanted* ~~gone~~ `code`", "<strong>bold</strong> <em>slanted</em> <s>gone</s> <code>code</code>"),
        ("one\ntwo", "one<br>\ntwo"),
        ("- a\n- b", "<li>a</li>"),
        ("1. a\n3. b\n3. c", '<li value="1">a</li>\n<li value="3">b</li>\n<li value="3">c</li>'),
        ("> said", "<blockquote>"),
        ("```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"),
        ("3. three", '<ol start="3">'),
    ],
)
def test_plain_markdown_is_shown(text, html):
    assert html in shown(text)


WORDS = [
    *"aZß日😀\u200d\u2003\u0301\u037e.,:;!?()+-#=|\"'^${}12 \t\n\xa0<&*_~`[]@/\\",
    "www.",
    "1. ",
    "- ",
    "http:",
    "a.com",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map("".join))
def test_what_is_plain_is_what_markdown_would_make_of_it(text):
    with suppress(TextRejected):
        text = clean_text(text)
        made = to_html(text)
        with mock.patch.object(markup, "is_plain", return_value=False):
            assert to_html(text) == made


def test_most_of_what_people_write_is_plain():
    assert all(map(is_plain, ["Tea for four at half past three, by the window.", "naïve: 日本語 😀!", 'He said "no"…']))
    assert not any(map(is_plain, ["", "two\nlines", "@ann", "a_b", "www.example.org", "1. one", "- one", "> so"]))


def test_headings_rules_pictures_and_entities_stay_what_was_typed():
    for text in ("# big", "big\n===", "---", "![x](https://example.com/x.png)", "&lt;b&gt;", "&copy;", "[x]: y"):
        assert {element[0] for element in Seen(shown(text)).elements} <= {"p", "br", "a"}
        if not text.startswith("!"):
            assert Seen(shown(text)).text == " ".join(text.split())


NO_BLOCKS = [">", "-", "1.", "```", "> >", "~~~", "hello\n\n>", "- a\n-\n- c", "[](https://example.com)", "1)\n2)"]
TYPED = [r"¯\_(ツ)_/¯", r"\*a\*", r"C:\_old\_new", "README.md", "script.py", "thanks.It", "see.You@home", "a.de/b"]


@pytest.mark.parametrize("text", [*NO_BLOCKS, *TYPED])
def test_what_is_no_markdown_is_shown_as_it_was_typed(text):
    assert Seen(shown(text)).text == " ".join(text.split())
    assert not Seen(shown(text)).links


def test_lines_keep_their_markup_beside_an_empty_block():
    html, mentioned = to_html("**@ben**, look:\n\n>", {"ben": 7})
    assert '<strong><span class="pl-mention" data-person="7">@ben</span></strong>' in html
    assert mentioned == {7}


CJK_STRONG = ["**これは強調です。**次の文", "これは**「重要」**です", "**한국어(Korean)**는", "他说**“好”**了"]


@pytest.mark.parametrize("text", [*CJK_STRONG, "~~これは。~~次"])
def test_what_is_strong_needs_no_blank_where_a_script_has_none(text):
    assert "<strong>" in shown(text) or "<s>" in shown(text)
    assert Seen(shown(text)).text == text.replace("**", "").replace("~~", "")
    for plain in ("a**(b)**c", "次 ** の ** 文"):
        assert Seen(shown(plain)).text == plain


# Blanks, controls, widths of zero, turns of direction, fillers, wide blanks, joiners, tags, line ends, half a sign.
INVISIBLE = ["", "\n\t \r\n", "\x00\x01\x1f\x7f\x80\x9f", "\u200b\u200c\u200d\ufeff", "\u200e\u200f\u202a\u202e\u2066"]
INVISIBLE += ["\u00ad\u2060\u2061\u2064", "\u3164\u2800", "\u00a0\u3000\u2003", "\u034f\u115f\u1160\u17b4\u17b5\uffa0"]
INVISIBLE += ["\u061c\u180e\u206a\u206f", "\ufe0f\ufe0e", "\U000e0041\U000e0020", "\ufff9\ufffb", "\u2028\u2029"]
INVISIBLE += ["\ud800"]


def test_a_text_in_which_nothing_can_be_seen_is_nothing():
    for text in INVISIBLE:
        with pytest.raises(TextRejected, match="nothing in it"):
            clean_text(text)


def test_controls_and_overrides_of_direction_are_taken_out_and_lines_and_tabs_stay():
    for char in "\x00\x07\x08\x0b\x1b\x7f\x85\x9f\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069":
        assert clean_text(f"a{char}b") == "ab", ascii(char)
    assert clean_text("a\r\nb\rc\n\td") == "a\nb\nc\n\td"
    assert clean_text("e\u0301") == clean_text("e\x00\u0301") == "é"  # accents are composed round what goes


@pytest.mark.parametrize("text", ["עברית", "العربية", "नमस्ते", "日本語", "👩\u200d👩\u200d👧", "می\u200cخواهم"])
def test_no_language_loses_a_sign(text):
    assert clean_text(text) == unicodedata.normalize("NFC", text)
    assert Seen(shown(clean_text(text))).text == clean_text(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_what_was_cleaned_is_clean(text):
    """Composed, without an outer blank, and the same when it is cleaned again: a repeat must be the same text."""
    try:
        once = clean_text(text)
    except TextRejected:
        return
    assert once == clean_text(once) == unicodedata.normalize("NFC", once) == once.strip()
    once.encode()


def test_four_thousand_characters_are_the_most():
    assert len(clean_text("x" * LONGEST)) == LONGEST
    assert len(clean_text("\N{PARTY POPPER}" * LONGEST)) == LONGEST
    assert len(clean_text(" " * 5000 + "x" * LONGEST + "\n" * 5000)) == LONGEST
    with pytest.raises(TextRejected, match="4,001 characters, and 4,000 is the most"):
        clean_text("x" * (LONGEST + 1))


def test_no_text_takes_long_and_one_that_is_made_to_grow_stays_as_it_was_written():
    start = perf_counter()
    for text in ("[" * 4000, "*a " * 1333, "<http://" * 500, "> " * 2000, "![[" * 1333, "`" * 4000):
        shown(clean_text(text))
    assert perf_counter() - start < 10
    for text in ("www.a.co " * 400, "[x](https://a.b)" * 101):
        assert Seen(shown(text)).links == []
        assert len(shown(text)) < HEAVIEST
