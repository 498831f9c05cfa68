"""Change one thing at a time in what carries a promise or a limit, and name the changes that no test notices.

python -m bench.mutants [FILE...], which `make mutants` calls. mutmut does the work, on copies in var/mutants, with the
tests that are near a module. The run of a module ends after MINUTES, and the next one goes on with what is left; after
a change of the tests, FRESH=1 tries everything anew. What is decorated mutmut leaves alone, and of what runs only at
import it finds no test.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("parlour", "rooms", "alerts", "jobs", "tests", "e2e", "docs", "templates", "static", "examples", "manage.py")
KILLED = {1, 3, 24, 36, 152, 255, -24}  # a test failed, or did not end
TESTS = {
    "parlour/limits.py": ["parlour/test_limits.py", "parlour/test_operators.py"],
    "parlour/send_queue.py": ["parlour/test_send_queue.py", "contrib/test_text_writer.py"],
    "parlour/writes.py": ["parlour/test_writes.py", "parlour/test_pending.py"],
    "parlour/revocation.py": ["parlour/test_groups.py", "rooms/test_revocation.py", "accounts/test_revocation.py"],
    "parlour/presence.py": ["parlour/test_presence.py"],
    "parlour/streams.py": [
        "parlour/test_streams.py",
        "parlour/test_resume.py",
        "parlour/test_hub.py",
        "alerts/test_bell.py",
    ],
    "parlour/hub.py": [
        "parlour/test_hub.py",
        "parlour/test_bus.py",
        "parlour/test_operators.py",
        "parlour/test_resume.py",
        "rooms/test_typing_indicator.py",
    ],
    "parlour/consumer.py": [
        "parlour/test_handshake.py",
        "parlour/test_malformed_frames.py",
        "parlour/test_slow_callers.py",
        "parlour/test_limits.py",
        "rooms/test_revocation.py",
    ],
    "parlour/bus.py": ["parlour/test_bus.py"],
    "rooms/permissions.py": [
        "rooms/test_permissions.py",
        "rooms/test_objects.py",
        "rooms/test_first_page.py",
        "rooms/test_mentions.py",
        "rooms/test_revocation.py",
    ],
    "rooms/posting.py": ["rooms/test_posting.py", "rooms/test_group_commit.py", "rooms/test_send_once.py"],
    "rooms/send_once.py": [
        "rooms/test_send_once.py",
        "rooms/test_send_once_forms.py",
        "rooms/test_send_once_sockets.py",
    ],
    "site/accounts/login_throttle.py": ["accounts/test_login_throttle.py"],
    "site/accounts/views.py": ["accounts"],
    "site/http_bridge/wsgi_bridge.py": ["http_bridge/test_bridge.py"],
}
MUTMUT = """
import os
from mutmut.mutation import mutators
from mutmut.runners.harness import PytestRunner

operators = mutators.mutation_operators
operators[:] = [each for each in operators if each[1] is not mutators.operator_string]  # not in words
execute = PytestRunner.execute_pytest

class OwnDatabase:
    def pytest_configure(self, config):
        from django.conf import settings
        settings.DATABASES["default"]["TEST"]["NAME"] = f"{settings.VAR}/{os.getpid()}.sqlite3"

PytestRunner.execute_pytest = lambda self, params, plugins=(): execute(self, params, plugins=[*plugins, OwnDatabase()])
from mutmut.__main__ import cli
cli()
"""
SETTINGS = """
[tool.mutmut]
source_paths = ["parlour", "rooms", "alerts", "jobs", "src"]
also_copy = ["templates", "static", "docs", "e2e", "examples", "manage.py"]
only_mutate = ["{module}"]
pytest_add_cli_args = ["--nomigrations", "--timeout=20"]
pytest_add_cli_args_test_selection = {tests}
do_not_mutate_patterns = ['^\\s*log\\.', '\\.warning\\(', '^\\s*raise \\w+Error\\(']  # words
process_isolation = "forkserver"
forkserver_warmup = "collect"
timeout_multiplier = 3.0
timeout_constant = 5.0
"""


def run(name: str) -> Path:
    """Let mutmut try the changes of one module; returns what it wrote down of each."""
    module = name.replace("site/", "src/")  # what is in src/ is imported by its name alone, and mutmut knows that
    work = ROOT / "var" / "mutants" / name.removesuffix(".py").replace("/", "-")
    if "FRESH" in os.environ:
        shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(work / "mutants" / "templates", ignore_errors=True)
    (work / "mutants" / "src").mkdir(parents=True, exist_ok=True)
    for link, target in {**{each: each for each in COPIED}, "src": "site"}.items():
        if not (work / link).is_symlink():
            (work / link).symlink_to(ROOT / target)
    tests = [f"tests/{each}" for each in TESTS[name]] + ["-m", "not faults", "-k", "not from_the_wheel"]
    settings = SETTINGS.format(module=module, tests=json.dumps(tests))
    (work / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + settings)

    limit = ["timeout", "--foreground", "--signal=INT", "--kill-after=20", os.environ.get("MINUTES", "20") + "m"]
    paths = f"{work / 'mutants'}:{work / 'mutants' / 'src'}"
    surroundings = os.environ | {"PYTHONPATH": paths, "PARLOUR_VAR": str(work / "var"), "PATIENCE": "6"}
    command = [*limit, sys.executable, "-c", MUTMUT, "run", "--max-children", os.environ.get("WORKERS", "2")]
    with (work / "log").open("w") as log:
        subprocess.run(command, cwd=work, env=surroundings, stdout=log, stderr=log, check=False)
    return work / "mutants" / (module + ".meta")


def report(name: str, written: Path) -> None:
    """Print the score of a module, and the changes that no test noticed."""
    results: dict[str, int | None] = json.loads(written.read_text())["exit_code_by_key"] if written.exists() else {}
    tried = {key: code in KILLED for key, code in results.items() if code is not None}
    noticed, left = sum(tried.values()), len(results) - len(tried)
    if not tried:
        print(f"   –  {name}: nothing was tried; see {written.parents[len(Path(name).parts) - 1].parent / 'log'}")
        return
    print(f"{noticed / len(tried):4.0%}  {name}: {noticed} of {len(tried)} changes are noticed, {left} not tried")
    print("".join(f"      {key}\n" for key, killed in tried.items() if not killed), end="", flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or TESTS:
        report(name, run(name))
