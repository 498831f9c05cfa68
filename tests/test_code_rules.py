"""Rules that the sources keep: what makes markup safe, who may know whom."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {".git", ".venv", "var", "node_modules", "test-results", "build", "bench"}
OURS = ("parlour", "rooms", "alerts", "jobs", "site")
APPS = {"http_bridge", "rooms", "alerts", "jobs", "accounts", "widgets", "shop"}

CONSTRUCT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
TAG = re.compile(r"""<\w(?:"[^"]*"|'[^']*'|[^"'>])*>""")
QUOTED = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')""")
UNQUOTED_IN_PYTHON = re.compile(r"""<\w[^<>"']*\s[\w:-]+=\{""")
FORBIDDEN = {
    "hx-on": r"\bhx-on\b",
    "js: values": r"\b(?:js|javascript):",
    "an unescaped value": r"\|\s*safe\b|\bsafeseq\b|autoescape\s+off",
    "an inline style": r"<style\b|\sstyle\s*=",
    "an inline script": r"<script\b",
    "an event handler": r"\son\w+\s*=",
}
UNESCAPED = {"mark_safe", "SafeString", "SafeText", "SafeData", "html_safe"}


def files(*endings: str) -> Iterator[Path]:
    """All files of the tree with these endings, without what is installed or made."""
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in endings and not OUTSIDE & set(path.relative_to(ROOT).parts):
            yield path


def sources() -> Iterator[Path]:
    return (path for path in files(".py") if path.relative_to(ROOT).parts[0] in OURS)


def markup(path: Path) -> str:
    return re.sub(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}", "", path.read_text(), flags=re.S)


def unquoted(text: str) -> list[str]:
    """The tags of a template in which an attribute takes a value of Django's without quotes round it."""
    tags = (QUOTED.sub("", tag) for tag in TAG.findall(CONSTRUCT.sub("\0", text)))
    return [tag for tag in tags if re.search(r"=\s*[^\s>]*\0", tag)]


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    out_of = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in plain | out_of}


def called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


TEMPLATES = [path for path in files(".html", ".svg") if "templates" in path.parts]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_only_quoted_attributes_and_no_code(path):
    text = markup(path)
    assert unquoted(text) == []
    assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text, re.I)] == []


def test_the_rules_would_catch_a_slip():
    assert unquoted("<a href={{ url }}>")
    assert unquoted("<a class=big-{% size %} id='x'>")
    assert not unquoted('<a href="?next={{ url|default:"x" }}" {% if a == b %}hidden{% endif %}>a={{ a }}')
    assert UNQUOTED_IN_PYTHON.search("<li id={key}>")
    assert not UNQUOTED_IN_PYTHON.search('<li id="{key}">')
    for slip in ('<p hx-on:click="x">', "{{ x|safe }}", '<p style="x">', "<script>", '<p onclick="x">'):
        assert any(re.search(pattern, slip) for pattern in FORBIDDEN.values())


def test_markup_in_python_is_quoted_too():
    assert [path for path in sources() if UNQUOTED_IN_PYTHON.search(path.read_text())] == []


def test_text_is_marked_safe_in_exactly_one_place():
    places = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and called(node) in UNESCAPED
    ]
    assert len(places) == 1, places


def test_no_script_of_ours_is_in_the_tree():
    assert list(files(".js", ".mjs", ".ts")) == []


def test_site_is_not_ignored():
    lines = (ROOT / ".gitignore").read_text().splitlines()
    assert not [line for line in lines if line.strip().strip("/*") == "site"]


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_dependence_is_one_way(path):
    parts = path.relative_to(ROOT).parts
    room = parts[1] if parts[0] == "site" else parts[0]
    above = APPS | {"config"}
    forbidden = {
        "parlour": above,
        "http_bridge": above - {"http_bridge"},
        "accounts": above - {"accounts", "http_bridge"},
        "alerts": {"jobs", "rooms", "shop", "config"},
        "jobs": {"rooms", "shop", "config"},
        "config": set(),
    }
    assert imported(path) & forbidden.get(room, {"config"}) == set()


def test_requirements_are_exact_and_name_no_place():
    for path in ROOT.glob("requirements*.txt"):
        lines = [line for line in path.read_text().splitlines() if line and not line.lstrip().startswith("#")]
        assert [line for line in lines if "://" in line or line.startswith("-")] == []
        wanted = [line for line in lines if not line.startswith(" ")]
        assert all(re.match(r"[\w.-]+(\[.+\])?==\S+ \\$", line) for line in wanted)
