"""The examples run in a stock project of their own, and are as short as we say."""

import re
import shutil

import pytest

from tests.examples import ROOT, passes

WIRING = ['INSTALLED_APPS = ["daphne"', "ASGI_APPLICATION", "urlpatterns +="]
STOCK = ROOT / "tests" / "stock"


@pytest.fixture
def host(tmp_path):
    """A copy of the examples, with the tests that run in them."""
    shutil.copytree(ROOT / "examples", tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sqlite3"))
    for test in STOCK.glob("*.py"):
        shutil.copy(test, tmp_path)
    return tmp_path


@pytest.mark.faults
def test_live_parts_work_in_a_stock_project(host):
    tests = ["live_parts.py", "people_here.py", "numbered_list.py", "composers.py"]
    passes(host, *tests, settings="project.settings", beside=[ROOT])


def test_models_of_another_database_are_told_after_its_commit_and_addresses_stand_below_a_subpath(host):
    passes(host, "on_two_databases.py", "below_a_subpath.py", settings="two_databases", beside=[ROOT])


def lines(app, files):
    """What a stranger writes: the lines of these files and those that are ours in the page and in the project."""
    folder = ROOT / "examples" / app
    written = [line for file in files for line in (folder / file).read_text().splitlines()]
    page = next(folder.glob(f"templates/{app}/{'poll' if app == 'polls' else app}.html")).read_text().splitlines()
    written += [line for line in page if re.search(r"{% live", line)]
    project = "".join(path.read_text() for path in (ROOT / "examples" / "project").glob("*.py")).splitlines()
    written += [line for line in project if line.startswith(tuple(WIRING))]
    return [line for line in written if line.strip() and not line.startswith('"""')]


def test_a_live_poll_takes_fifteen_lines_and_a_live_list_twelve():
    assert len(lines("polls", ["live.py", "templates/polls/tally.html"])) <= 15
    assert len(lines("tasks", ["live.py", "templates/tasks/row.html"])) <= 12


def test_people_here_take_three_lines():
    page = (ROOT / "examples" / "lounge" / "templates" / "lounge" / "lounge.html").read_text()
    assert len(page.splitlines()) <= 3


def test_a_job_with_its_bar_and_its_page_takes_fifteen_lines():
    folder = ROOT / "examples" / "bakery"
    written = [line for file in ("models.py", "urls.py") for line in (folder / file).read_text().splitlines()]
    written = [line for line in written if line.strip() and not line.startswith(('"""', "import ", "from "))]
    assert len(written) + len(["INSTALLED_APPS"]) <= 15


def test_a_bell_for_people_and_staff_takes_six_lines():
    told = (ROOT / "docs" / "alerts.md").read_text().partition("## Setting it up")[2].partition("\n## ")[0]
    blocks = "".join(re.findall(r"```\w+\n(.*?)```", told, re.DOTALL))
    written = [line for line in blocks.splitlines() if line.strip() and not line.startswith(("#", "<!--"))]
    written += re.findall(r"{% load alerts %}{% bell %}", told)
    assert len(written) <= 6


def test_a_chat_room_on_any_object_for_whom_it_concerns_takes_ten_lines():
    folder = ROOT / "examples" / "tickets"
    told = (ROOT / "docs" / "rooms.md").read_text()
    [settings] = re.findall(r"# project/settings.py, at its end\n(.*?)```", told, re.DOTALL)
    written = [*settings.splitlines(), WIRING[-1], "{% live_head %}", *(folder / "live.py").read_text().splitlines()]
    page = (folder / "templates" / "tickets" / "ticket.html").read_text().splitlines()
    written += [line for line in page if "{% room" in line]
    assert len([line for line in written if line.strip() and not line.startswith('"""')]) <= 10
