"""How large the code is, and how far one message travels in it: `make report`, or `python -m bench.report CHECKOUT`.

Lines are all lines of .py files. A circle is a group of files that import each other, however indirectly; imports
inside functions count like those at the top.
How far a message travels is measured by `bench.way`, in a process of its own.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(sys.argv[1] if sys.argv[1:] else Path(__file__).parents[1]).resolve()

# ---- All that a rename may change (beside the block of bench/way.py): where parts lie, old and new. ----
OURS = ("parlour", "rooms", "alerts", "jobs", "site")
APPS = ("rooms/*", "alerts/*", "jobs/*", "site/rooms/*", "site/alerts/*", "site/jobs/*")
NEIGHBOURS = ("servers/*", "contrib/*", "sqlite/*", "testing*", "document.py", "migrations/*", "management/*")
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # name: files, and those of them that do not count
    "engine": (("parlour/*",), tuple(f"parlour/{each}" for each in NEIGHBOURS)),
    "apps": (APPS, ("*/migrations/*",)),
    "site": (("site/*",), ("*/migrations/*", *APPS)),
    "all but tests": (tuple(f"{each}/*" for each in OURS), ()),
    "tests": (("tests/*", "e2e/*"), ()),
    "jobs": (("alerts/jobs/*", "jobs/*", "site/jobs/*"), ("*/migrations/*",)),
    "HTTP bridge": (("site/front/*", "site/http_bridge/*"), ()),
    "shop's import": (("site/shop/imports/*", "site/shop/imports.py"), ()),
}


def _is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def sources(patterns: tuple[str, ...], without: tuple[str, ...] = ()) -> Iterator[Path]:
    for path in (each for top in (*OURS, "tests", "e2e") for each in (ROOT / top).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if any(fnmatch(name, each) for each in patterns) and not any(fnmatch(name, each) for each in without):
            yield path


def imports() -> dict[str, set[str]]:
    """Which modules of ours each of them imports."""
    files: dict[str, Path] = {}
    for path in sources(PARTS["all but tests"][0]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        files[".".join(parts[parts[0] == "site" :]).removesuffix(".__init__")] = path
    graph: dict[str, set[str]] = {}
    for name, path in files.items():
        above = name.split(".") if path.stem == "__init__" else name.split(".")[:-1]
        graph[name] = set()
        tree = ast.parse(path.read_text())
        tree.body = [node for node in tree.body if not _is_for_types(node)]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                graph[name] |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                home = above[: len(above) - node.level + 1] if node.level else []
                source = ".".join([*home, *filter(None, [node.module])])
                inside = {f"{source}.{each.name}" for each in node.names}  # modules of it, or names in it
                graph[name] |= inside if inside <= set(files) else inside | {source}
        graph[name] &= set(files)
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules each of which leads to all others of its group."""
    reach = {name: set(found) for name, found in graph.items()}
    for through in graph:
        for found in reach.values():
            if through in found:
                found |= reach[through]
    groups = {tuple(sorted(each for each in reach[name] if name in reach[each])) for name in graph}
    return sorted((list(group) for group in groups if len(group) > 1), key=len, reverse=True)


def ratios(medians: dict[str, dict[str, float | None]]) -> Iterator[str]:
    """Each figure of today's code beside the same figure of the code before, as var/bench.json has them."""
    for name, now in medians.items():
        before = medians.get(name.replace("now", "before"), {}) if name.endswith("now") else {}
        for figure, value in now.items():
            if value and (then := before.get(figure)):
                yield f"{name}, {figure}: {value / then:.2f} of before"


def main() -> None:
    print(f"{'':28} lines  files   in {ROOT}")
    for part, which in PARTS.items():
        files = [path.read_text().count("\n") for path in sources(*which)]
        print(f"{part:26} {sum(files):7,} {len(files):6}")
    found = circles(imports())
    print(f"circles of imports: {len(found)}", *(f"{len(each)}: {', '.join(each)}" for each in found), sep="\n  ")
    seconds, bench = ROOT / "var" / "test-seconds", ROOT / "var" / "bench.json"
    print("make test, seconds:", " ".join(seconds.read_text().split()) if seconds.exists() else "not recorded")
    lines = list(ratios(json.loads(bench.read_text())["medians"])) if bench.exists() else ["not recorded"]
    print("make bench:", *lines, sep="\n  ")
    way = [sys.executable, str(Path(__file__).with_name("way.py")), str(ROOT)]
    done = subprocess.run(way, cwd=ROOT, stdout=subprocess.PIPE, check=False, text=True)
    print(f"{'':28} files  moves    SQL")
    for name, (many, moves, sql) in json.loads(done.stdout or "{}").items():
        print(f"{name:26} {many:7} {moves:6} {sql:6}")


if __name__ == "__main__":
    main()
