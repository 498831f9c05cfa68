"""What an import costs: rows a second, memory above idle, and how much slower pages become meanwhile. Run by hand.

python -m bench.imports              # 5 MB on daphne and on uvicorn, with SQLite
python -m bench.imports --mb 190     # nearly the largest file; bounded by --seconds
"""

import argparse
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

from e2e.support.deployments import Builder
from e2e.support.http_client import HttpClient

HEAD, ROW = b"item,amount,currency,note,reference\n", b"Tea for four,12.50,EUR,%s,\n" % (b"x" * 160)


def upload(client: HttpClient, megabytes: int) -> None:
    """Send a file of so many megabytes by the form."""
    client.get("/shop/imports/")
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="bench.csv"\r\nContent-Type: text/csv\r\n\r\n'
    body = part + HEAD + ROW * (megabytes * 1024**2 // len(ROW)) + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Origin": client.url, "Cookie": client.cookies}
    headers["X-CSRFToken"] = client.cookie("csrftoken")
    request = urllib.request.Request(f"{client.url}/shop/imports/", body, headers)
    assert client._ask(request).status == 302


def page_times(client: HttpClient, times: int) -> list[float]:
    """How long so many loads of a room's page took, in ms, with a pause of 50 ms between two."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        assert client.get("/rooms/lobby/").status == 200
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.05)
    return sorted(took)


def measure(builder: Builder, kind: str, megabytes: int, seconds: float) -> str:
    """One import on a fresh server of this kind, with pages loaded before it and beside it."""
    deployment = builder.deploy()
    server = deployment.start_server(kind)
    owner, reader = HttpClient(server.url).sign_in("member"), HttpClient(server.url).sign_in("other")
    alone, idle = page_times(reader, 40), server.process.most_memory()
    upload(owner, megabytes)
    began, ended = time.monotonic(), False
    beside: list[float] = []
    while not ended and time.monotonic() - began < seconds:
        beside += page_times(reader, 5)
        ended = bool(deployment.rows("SELECT 1 FROM parlour_jobs_job WHERE ended IS NOT NULL"))
    took, memory = time.monotonic() - began, server.process.most_memory() - idle
    [(orders,)] = deployment.rows("SELECT orders FROM shop_import")
    builder.shut_down(deployment)
    p50, p95 = statistics.median(beside), sorted(beside)[int(len(beside) * 0.95) - 1]
    page = f"{statistics.median(alone):8.0f} {alone[-3]:8.0f} {p50:8.0f} {p95:8.0f}"
    return f"{kind:8} {orders:9,} {orders / took:9,.0f} {memory:9.0f} {page}{'' if ended else '  not ended'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mb", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--servers", nargs="*", default=["daphne", "uvicorn"])
    options = parser.parse_args()
    print(f"{'server':8} {'orders':>9} {'a second':>9} {'MB more':>9}  page ms: alone p50, p95; beside p50, p95")
    with tempfile.TemporaryDirectory() as folder:
        builder = Builder(Path(folder))
        for kind in options.servers:
            print(measure(builder, kind, options.mb, options.seconds), flush=True)
        builder.close()


if __name__ == "__main__":
    main()
