"""First paint: when Chromium shows something of a page on a slow line, 400 ms to the server, 50 kB/s, signed in, with
nothing in its cache; the median of five.

`make bench` runs it; alone it is `make bench-paint`. It needs Chromium, as the stories do.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.results import alone
from e2e.conftest import CHROMIUM, QUIET
from e2e.support.appearance import fill_with_content
from e2e.support.deployments import Builder
from e2e.support.http_client import HttpClient
from e2e.support.waiting import eventually

LATENCY, BYTES = 400, 50_000  # ms to the first byte of an answer; a second
REPEATS = 5
PAGES = {"paint_home": "/", "paint_room": "/rooms/lobby/"}
ROWS = {
    "paint_home": ("first paint of home on a slow line, s", "≤ 1.9"),
    "paint_room": ("   of a room", "≤ 1.9"),
}
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def first_paint(browser: Browser, address: str, cookie: str) -> float:
    """Seconds from asking for a page until something of it is seen, by a browser that was never here."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    name, _, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": address}])
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"latency": LATENCY, "downloadThroughput": BYTES, "uploadThroughput": BYTES}
    line.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    page.goto(address)
    eventually(lambda: page.evaluate(PAINTED), 10, "something painted")
    painted = float(page.evaluate(PAINTED))
    context.close()
    return painted / 1000


def figures(readers: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        builder = Builder(Path(folder))
        server = builder.deploy().start_server("daphne")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        fill_with_content(server)
        reader = HttpClient(server.url).sign_in("member")
        cookie = f"sessionid={reader.cookie('sessionid')}"
        found = {}
        for name, path in PAGES.items():
            reader.get(path)  # templates are compiled once
            found[name] = statistics.median(first_paint(browser, server.url + path, cookie) for _ in range(REPEATS))
        browser.close()
        builder.close()
    return found


if __name__ == "__main__":
    sys.exit(alone(ROWS, figures))
