"""Who and what a story may ask for: a house with a server, two processes on PostgreSQL and Redis, people."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from .support.cable import Cable
from .support.houses import Builder, House
from .support.people import Person
from .support.redis import Redis
from .support.servers import Server
from .support.visitors import Visitor

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--disable-features=LocalNetworkAccessChecks",  # a page put together by a story counts as foreign
]
RESULTS = Path(__file__).resolve().parent.parent / "test-results"
FAILED = pytest.StashKey[bool]()
BUILDER = pytest.StashKey[Builder]()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's stories share a server, so one worker tells all stories of a file."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed story shows what the servers said."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        if builder := item.config.stash.get(BUILDER, None):
            report.sections.append(("servers", builder.logs()))
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all stories of a worker."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM if CHROMIUM.exists() else None, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Builder]:
    """Furnishes houses; each kind once."""
    builder = Builder(tmp_path_factory.mktemp("houses"))
    pytestconfig.stash[BUILDER] = builder
    yield builder
    builder.close()


def _houses(builder: Builder) -> Iterator[Callable[..., House]]:
    """House after house, each in its own folder; see Builder.house."""
    made: list[House] = []

    def make(**options: Any) -> House:
        made.append(builder.house(**options))
        return made[-1]

    yield make
    for house in made:
        builder.close_down(house)


new_house = pytest.fixture(_houses, name="new_house")
module_house = pytest.fixture(_houses, scope="module", name="module_house")


@pytest.fixture(scope="module")
def house(module_house: Callable[..., House]) -> House:
    """The house that the stories of a file share: SQLite, nothing else."""
    return module_house()


@pytest.fixture(scope="module")
def server(house: House) -> Server:
    """The default way to run: daphne on SQLite."""
    return house.open("daphne")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A Redis of this story's own."""
    redis = Redis(tmp_path)
    yield redis
    redis.kill()


@pytest.fixture
def cluster(new_house: Callable[..., House], redis: Redis) -> House:
    """Two uvicorn processes over one PostgreSQL and one Redis; address them as servers[0] and servers[1]."""
    house = new_house(postgres=True, redis_url=redis.url())
    house.open("uvicorn")
    house.open("uvicorn")
    return house


@pytest.fixture
def cable() -> Iterator[Callable[[Server], Cable]]:
    """Lay a cable to a server: cable(server)."""
    laid: list[Cable] = []

    def lay(server: Server) -> Cable:
        laid.append(Cable(server.port))
        return laid[-1]

    yield lay
    for each in laid:
        each.close()


@pytest.fixture
def person(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Person]]:
    """Invite somebody: person(server), person(cable, reduced_motion="reduce"). Nobody may break the CSP."""
    invited: list[Person] = []

    def invite(place: Server | Cable, **options: Any) -> Person:
        invited.append(Person(browser, place.url, **options))
        return invited[-1]

    yield invite
    if request.node.stash.get(FAILED, False):
        _photograph(invited, request.node.name)
    violations = [line for somebody in invited for tab in somebody.tabs for line in tab.violations]
    crashes = [line for somebody in invited for tab in somebody.tabs for line in tab.crashes]
    for somebody in invited:
        somebody.context.close()
    assert not violations + crashes


@pytest.fixture
def visitor() -> Callable[[Server | Cable], Visitor]:
    """Somebody without a browser at this server."""
    return lambda place: Visitor(place.url)


def _photograph(people: list[Person], story: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    for number, tab in enumerate(tab for somebody in people for tab in somebody.tabs):
        if not tab.page.is_closed():
            tab.page.screenshot(path=RESULTS / f"{story}-{number}.png", caret="initial")
