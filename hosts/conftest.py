"""The projects of the farm, the people in their browsers, and the table at the end."""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from e2e.conftest import CHROMIUM, QUIET
from e2e.support.redis import Redis
from hosts.projects import HERE, Project, environment

NAMES = sorted({path.stem for path in (HERE / "variants").glob("*.py")} - {"redis"})  # which has a test of its own
PROJECTS = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES]  # each on one worker
SERVED = pytest.StashKey[Project]()
seconds: dict[str, dict[str, str]] = defaultdict(dict)


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("wheel"), "[daphne,redis,rooms]", "django-helpdesk==2.6.*")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=PROJECTS)
def project(
    request: pytest.FixtureRequest, python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("hosts")
    redis = Redis(folder) if request.param == "redis" else None
    made = Project(request.param, folder / request.param, python, **{"REDIS_URL": redis.url()} if redis else {})
    request.config.stash[SERVED] = made
    yield made
    made.close()
    if redis:
        redis.kill()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the server said."""
    report = yield
    if report.failed and (project := item.config.stash.get(SERVED, None)):
        report.sections.append(("server", project.log()[-4000:]))
    return report


@pytest.fixture
def signed_in(project: Project, browser: Browser) -> Iterator[Callable[..., Page]]:
    """signed_in("sam", path) is that person's page; it complains at the end of anything in the console."""
    contexts, said = [], []

    def visit(name: str, path: str, leads_to: str = "") -> Page:
        context = browser.new_context(locale="de-DE" if name == "kim" else "en-GB")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{project.url}{project.path}/login/?next={project.path}{path}")
        page.fill("[name=username]", name)
        page.fill("[name=password]", "tea")
        page.click("[type=submit]")
        page.wait_for_url(f"**{leads_to or path}")
        return page

    yield visit
    for context in contexts:
        context.close()
    if project.name == "wsgi":  # there a browser says of every socket that it failed
        said = [each for each in said if "WebSocket" not in each and each != "[object Event]"]
    cut = ("net::ERR_FAILED", "htmx:sendError", "htmx:afterRequest")  # by the test itself
    said = [each for each in said if not any(words in each for words in cut)]
    assert not said, said


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how long each feature took in each project."""
    if report.when == "call" and "[" in report.nodeid:
        feature, _, about = report.nodeid.partition("::test_")[2].removesuffix("]").partition("[")
        project = about.replace("chromium", "").strip("-")
        seconds[project][feature] = f"{report.duration:.1f}" if report.passed else report.outcome
        for measured, value in report.user_properties:
            seconds[project][measured] = f"{value:.2f}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table: project, feature, seconds."""
    features = list(dict.fromkeys(each for row in seconds.values() for each in row))
    terminalreporter.section("seconds, by project and feature")
    for number, feature in enumerate(features, 1):
        terminalreporter.write_line(f"{number:>2}  {feature.replace('_', ' ')}")
    terminalreporter.write_line(" " * 16 + "".join(f"{number:>9}" for number in range(1, len(features) + 1)))
    for project, row in seconds.items():
        terminalreporter.write_line(f"{project:16}" + "".join(f"{row.get(each, ''):>9}" for each in features))
