"""An import of 100,000 orders from a CSV file, from the answer to its upload until it has ended, while somebody loads a
room's page again and again. Every row must be an order; memory is compared with that after a tenth of the rows.
"""

import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from bench.load import Wrong
from bench.results import Figures, Rows, alone
from bench.servers import cpu
from e2e.support.deployments import Builder
from e2e.support.http_client import HttpClient

ROWS: Rows = {
    "import_rows": ("import of 100,000 rows: rows/s", "≥ 10,000"),
    "import_cpu": ("   server µs a row, pages and all", ""),
    "import_memory": ("   MiB more than after 10,000", "≤ 8"),
    "import_page": ("   a page meanwhile, p50 in ms", ""),
    "import_page_alone": ("   and without", ""),
}
HEAD, ROW = b"item,amount,currency,note,reference\n", b"Tea for four,12.50,EUR,%s,%d\n"
LONGEST = 120  # seconds


def figures(readers: int) -> Figures:
    """One repeat, with 100 rows for each reader."""
    with tempfile.TemporaryDirectory() as folder:
        builder = Builder(Path(folder))
        deployment = builder.deploy()
        server = deployment.start_server("uvicorn")
        owner, reader = HttpClient(server.url).sign_in("member"), HttpClient(server.url).sign_in("other")
        alone_ = page_times(reader, 20)
        run_import(deployment, owner, reader, 10 * readers)
        memory, spent = server.process.most_memory(), cpu(server.process.pid)
        took, pages = run_import(deployment, owner, reader, 100 * readers)
        spent, memory = cpu(server.process.pid) - spent, server.process.most_memory() - memory
        builder.shut_down(deployment)
        builder.close()
    many = 100 * readers
    values = many / took, 1e6 * spent / many, memory, statistics.median(pages), statistics.median(alone_)
    return dict(zip(ROWS, values, strict=True))


def run_import(deployment: Any, owner: HttpClient, reader: HttpClient, rows: int) -> tuple[float, list[float]]:
    """Send a file of so many rows and wait for its end: the seconds, and how long pages took meanwhile, in ms."""
    before, pages = deployment.rows("SELECT COUNT(*) FROM parlour_jobs_job WHERE ended IS NOT NULL"), []
    upload(owner, rows)
    began = time.monotonic()
    while deployment.rows("SELECT COUNT(*) FROM parlour_jobs_job WHERE ended IS NOT NULL") == before:
        pages += page_times(reader, 2)
        if time.monotonic() - began > LONGEST:
            raise Wrong(f"an import of {rows} rows has not ended after {LONGEST} s")
    took = time.monotonic() - began
    [(orders,)] = deployment.rows("SELECT orders FROM shop_import ORDER BY job_id DESC LIMIT 1")
    if orders != rows:
        raise Wrong(f"of {rows} rows {orders} are orders")
    return took, pages


def upload(client: HttpClient, rows: int) -> None:
    """Send a file of so many rows by the form."""
    client.get("/shop/imports/")
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="bench.csv"\r\nContent-Type: text/csv\r\n\r\n'
    lines = b"".join(ROW % (b"x" * 160, rows + number) for number in range(rows))
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Origin": client.url, "Cookie": client.cookies}
    headers["X-CSRFToken"] = client.cookie("csrftoken")
    body = part + HEAD + lines + b"\r\n--b--\r\n"
    request = urllib.request.Request(f"{client.url}/shop/imports/", body, headers)
    if client._ask(request).status != 302:
        raise Wrong("the upload was rejected")


def page_times(client: HttpClient, times: int) -> list[float]:
    """How long so many loads of a room's page took, in ms, with a pause of 50 ms between two."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        if client.get("/rooms/lobby/").status != 200:
            raise Wrong("a page was not answered")
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.05)
    return took


if __name__ == "__main__":
    sys.exit(alone(ROWS, figures))
