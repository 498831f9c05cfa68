"""Who and what a story may ask for: a deployment with a server, two processes on PostgreSQL and Redis, people."""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from .support.deployments import Builder, Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.people import Person
from .support.redis import Redis
from .support.servers import Server

BROWSERS = [Path(f"/usr/bin/{name}") for name in ("chromium-headless-shell", "chromium")]
CHROMIUM = next(
    filter(Path.exists, BROWSERS), None
)  # the headless shell takes a quarter of the CPU; None: Playwright's own
QUIET = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--no-proxy-server"]
QUIET += ["--disable-component-update", "--disable-sync", "--process-per-site"]
QUIET += ["--disable-features=LocalNetworkAccessChecks"]  # a page put together by a story counts as foreign
QUIET += ["--host-resolver-rules=MAP *.example 127.0.0.1"]  # where stories serve other sites
QUIET += ["--test-third-party-cookie-phaseout"]  # cookies of other sites are blocked
RESULTS = Path(__file__).resolve().parent.parent / "test-results"
expect.set_options(timeout=10_000)
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
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Builder]:
    """Hands out deployments; all workers of a run copy the same one."""
    parallel = "PYTEST_XDIST_WORKER" in os.environ
    shared = tmp_path_factory.getbasetemp().parent / "template" if parallel else None
    builder = Builder(tmp_path_factory.mktemp("deployments"), shared)
    pytestconfig.stash[BUILDER] = builder
    yield builder
    builder.close()


def _deployments(builder: Builder) -> Iterator[Callable[..., Deployment]]:
    """As many deployments as a story asks for, each in its own folder; see Builder.deploy."""
    made: list[Deployment] = []

    def make(**options: Any) -> Deployment:
        made.append(builder.deploy(**options))
        return made[-1]

    yield make
    for deployment in made:
        builder.shut_down(deployment)


new_deployment = pytest.fixture(_deployments, name="new_deployment")
module_deployment = pytest.fixture(_deployments, scope="module", name="module_deployment")


@pytest.fixture(scope="module")
def deployment(request: pytest.FixtureRequest, module_deployment: Callable[..., Deployment]) -> Deployment:
    """The deployment that the stories of a file share: SQLite, and what the file's SETTINGS say."""
    return module_deployment(**getattr(request.module, "SETTINGS", {}))


@pytest.fixture(scope="module")
def server(deployment: Deployment) -> Server:
    """The default way to run: daphne on SQLite."""
    return deployment.start_server("daphne")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A Redis of this story's own."""
    redis = Redis(tmp_path)
    yield redis
    redis.kill()


@pytest.fixture
def cluster(new_deployment: Callable[..., Deployment], redis: Redis) -> Deployment:
    """Two uvicorn processes over one PostgreSQL and one Redis; address them as servers[0] and servers[1]."""
    deployment = new_deployment(postgres=True, redis_url=redis.url())
    deployment.start_server("uvicorn")
    deployment.start_server("uvicorn")
    return deployment


@pytest.fixture
def flaky_proxy() -> Iterator[Callable[[Server], FlakyProxy]]:
    """Put a proxy before a server: flaky_proxy(server)."""
    proxies: list[FlakyProxy] = []

    def make(server: Server) -> FlakyProxy:
        proxies.append(FlakyProxy(server.port))
        return proxies[-1]

    yield make
    for each in proxies:
        each.close()


@pytest.fixture
def person(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Person]]:
    """Somebody with a browser: person(server), person(proxy, reduced_motion="reduce"). Nobody may break the CSP."""
    invited: list[Person] = []

    def invite(place: Server | FlakyProxy, **options: Any) -> Person:
        invited.append(Person(browser, place.url, **options))
        return invited[-1]

    yield invite
    if request.node.stash.get(FAILED, False):
        _photograph(invited, request.node.name)
    violations = [line for somebody in invited for tab in somebody.tabs for line in tab.violations]
    crashes = [line for somebody in invited for tab in somebody.tabs for line in tab.crashes]
    for somebody in invited:
        somebody.leave()
    assert not violations + crashes


@pytest.fixture
def http_client() -> Callable[[Server | FlakyProxy], HttpClient]:
    """Somebody without a browser at this server."""
    return lambda place: HttpClient(place.url)


def _photograph(people: list[Person], story: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    for number, tab in enumerate(tab for somebody in people for tab in somebody.tabs):
        if not tab.page.is_closed():
            tab.page.screenshot(path=RESULTS / f"{story}-{number}.png", caret="initial")
