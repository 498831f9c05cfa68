"""Rules that the sources keep: what makes markup safe, how things are called. Who may import whom `make lint` says."""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {".git", ".venv", "var", "node_modules", "test-results", "build", "bench"}
OURS = ("parlour", "rooms", "alerts", "jobs", "site")

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


@cache
def tree() -> list[Path]:
    """All files, without what is installed or made."""
    found = []
    for folder, below, names in os.walk(ROOT):
        below[:] = sorted({*below} - OUTSIDE)
        found += [Path(folder, name) for name in sorted(names)]
    return found


def files(*endings: str) -> Iterator[Path]:
    return (path for path in tree() if path.suffix in endings)


def sources() -> Iterator[Path]:
    return (path for path in files(".py") if path.relative_to(ROOT).parts[0] in OURS)


SOURCES = [path for path in sources() if "migrations" not in path.parts]
TESTS = [path for path in files(".py") if path.relative_to(ROOT).parts[0] in ("tests", "e2e")]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def markup(path: Path) -> str:
    return re.sub(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}", "", path.read_text(), flags=re.S)


def unquoted(text: str) -> list[str]:
    """The tags of a template in which an attribute takes a value of Django's without quotes round it."""
    tags = (QUOTED.sub("", tag) for tag in TAG.findall(CONSTRUCT.sub("\0", text)))
    return [tag for tag in tags if re.search(r"=\s*[^\s>]*\0", tag)]


def called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
METAPHOR = re.compile(
    r"(house|door|crowd|wish|owed|deed|seldom|found|places|turnstile|strikes|kitchen|ears|greedy|cast|heart|crew"
    r"|carriers?|lookout|life|shelf|slip)(e?s)?"
)


def metaphors(name: str) -> list[str]:
    words = [word.lower() for word in WORD.findall(name)]
    return [word for word in words if METAPHOR.fullmatch(word) and (word != "found" or len(words) == 1)]  # NOT_FOUND


def defined(tree: ast.AST) -> Iterator[str]:
    """Functions, classes, parameters, attributes, and what a module or a class assigns; no function's variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        if isinstance(node, ast.Module | ast.ClassDef):
            targets = [each for part in node.body if isinstance(part, ast.Assign) for each in part.targets]
            targets += [part.target for part in node.body if isinstance(part, ast.AnnAssign)]
            yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in (parts[1:] if parts[0] == "site" else parts) if part != "__init__")


def package_of(name: str) -> str:
    return name.partition(".")[0]


TEMPLATES = [each for each in files(".html", ".svg") if "templates" in each.parts and "hosts" not in each.parts]


def test_templates_hold_only_quoted_attributes_and_no_code():
    for path in TEMPLATES:
        text = markup(path)
        assert unquoted(text) == [], path
        assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text, re.I)] == [], path


def test_the_rules_would_catch_a_mistake():
    assert unquoted("<a href={{ url }}>")
    assert unquoted("<a class=big-{% size %} id='x'>")
    assert not unquoted('<a href="?next={{ url|default:"x" }}" {% if a == b %}hidden{% endif %}>a={{ a }}')
    assert UNQUOTED_IN_PYTHON.search("<li id={key}>")
    assert not UNQUOTED_IN_PYTHON.search('<li id="{key}">')
    for mistake in ('<p hx-on:click="x">', "{{ x|safe }}", '<p style="x">', "<script>", '<p onclick="x">'):
        assert any(re.search(pattern, mistake) for pattern in FORBIDDEN.values())


def test_markup_in_python_is_quoted_too():
    assert [path for path in sources() if UNQUOTED_IN_PYTHON.search(path.read_text())] == []


def test_text_is_marked_safe_in_exactly_one_place():
    places = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and called(node) in UNESCAPED
    ]
    assert len(places) == 1, places


def test_no_script_of_ours_is_in_the_tree():
    assert list(files(".js", ".mjs", ".ts")) == []


def test_site_is_not_ignored():
    lines = (ROOT / ".gitignore").read_text().splitlines()
    assert not [line for line in lines if line.strip().strip("/*") == "site"]


def test_apps_import_the_engine_through_its_public_names_alone():
    apart = {"parlour", "parlour.testing", "parlour.contrib", "parlour.contrib.adopt_tables", "parlour.conf"}
    deep = {
        f"{path.relative_to(ROOT)}: {node.module}"
        for path in sources()
        if package_of(module(path)) != "parlour"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and package_of(node.module or "") == "parlour"
        if node.module not in apart
    }
    assert deep == set()


def test_requirements_are_exact_and_name_no_place():
    for path in ROOT.glob("requirements*.txt"):
        lines = [line for line in path.read_text().splitlines() if line and not line.lstrip().startswith("#")]
        assert [line for line in lines if "://" in line or line.startswith("-")] == []
        wanted = [line for line in lines if not line.startswith(" ")]
        assert all(re.match(r"[\w.-]+(\[.+\])?==\S+ \\$", line) for line in wanted)


def test_no_name_is_a_metaphor():
    bad = {
        str(path.relative_to(ROOT)): sorted(names)
        for path in SOURCES
        if (names := {name for name in (path.stem, *defined(parsed(path))) if metaphors(name)})
    }
    bad |= {str(path.relative_to(ROOT)): [path.stem] for path in TESTS if metaphors(path.stem)}
    assert bad == {}


def test_the_rules_would_catch_a_metaphor():
    assert metaphors("open_house")
    assert metaphors("WISHES")
    assert metaphors("ToShelf")
    assert not metaphors("lifespan_of_a_heartbeat_in_place_order")
