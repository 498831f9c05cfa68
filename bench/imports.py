"""What an import costs: memory above idle, rows a second, and how a room fares beside fifty of them. Run by hand.

    python -m bench.imports memory     # one file of 200 MB
    python -m bench.imports room       # a room with talkers, without imports and beside fifty

Every run is bounded in count and time; 127.0.0.1 only.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

import websockets

from e2e.support.deployments import Builder, Deployment
from e2e.support.http_client import HttpClient
from e2e.support.waiting import eventually

LOUD = {"ROOMS_POST_RATE": "100000/100000", "PARLOUR_FRAME_RATE": "100000/100000"}
SIZE = 200 * 1024 * 1024  # bytes
PATIENCE = 240  # seconds for one import
JOBS = 50
ROWS = 4000  # of each of them
RATE, POSTS = 8, 120  # a second, and in all
READERS = 50

BEGIN = """
import time
from django.contrib.auth import get_user_model
from jobs import Job, executor
from shop.imports.models import Import
from shop.imports.uploads import Upload, begin

def memory(name):
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024

def sheet(note, size=0, rows=0):
    upload, written = Upload("bench.csv", "text/csv", None, None), 0
    upload.gather(b"item,amount,currency,note,reference\\n")
    while written < size or rows:
        for n in range(1000):
            written += len(line := b"Tea for four,12.50,EUR,%s,\\n" % note)
            upload.gather(line)
        rows = max(0, rows - 1000)
    upload.gathered(max(written, 1))
    return upload
"""

ONE = f"""{BEGIN}
from shop.imports import turns
turns.BESIDE_PAGES = 0
owner = get_user_model().objects.get(username="member")
upload = sheet(b"x" * 440, size={SIZE})
idle, began = memory("VmRSS"), time.monotonic()
job = begin(owner, upload).job
executor.join({PATIENCE})
done, took = Import.objects.get(), time.monotonic() - began
megabytes = memory("VmHWM") - idle
print(f"{{done.rows:,}} rows of {{done.size >> 20}} MB in {{took:.0f}} s: {{done.rows / took:,.0f}} a second,", end=" ")
print(f"{{megabytes:.0f}} MB above idle ({{idle:.0f}} MB), {{Job.objects.get().state}}")
"""

FIFTY = f"""{BEGIN}
executor.threads.put = lambda pk: None
for n in range({JOBS}):
    begin(get_user_model().objects.create_user(f"owner{{n}}"), sheet(b"", rows={ROWS}))
"""


class Reader:
    """One socket in the lobby that notes when each post arrives."""

    def __init__(self, client: HttpClient, cursors: list[str]) -> None:
        self.client, self.cursors = client, cursors
        self.seen: dict[str, float] = {}

    async def open(self) -> None:
        url = self.client.url
        self.socket = await websockets.connect(
            url.replace("http", "ws") + "/ws/rooms/lobby/",
            origin=url,  # type: ignore[arg-type]
            additional_headers={"Cookie": self.client.cookies},
            max_size=None,
            compression=None,
            ping_interval=None,
            open_timeout=60,
        )
        await self.socket.send(json.dumps({"kind": "hello", "cursor": self.cursors}))
        await self.socket.recv()
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for frame in self.socket:
            now = time.perf_counter()
            for part in str(frame).split("post-")[1:]:
                self.seen.setdefault(part[:3], now)


def memory(deployment: Deployment) -> str:
    """What one large file costs the process that imports it."""
    return deployment.manage("shell", "-v0", "-c", ONE).strip()


async def room(deployment: Deployment, kind: str, beside: str) -> str:
    """Posts at a steady pace to many readers, while imports run `beside` it, or nothing does."""
    server, client = deployment.servers[0], HttpClient(deployment.servers[0].url).sign_in("member")
    page = client.get("/rooms/lobby/").page
    cursors = [each.attrs["value"] for each in page.find("input", name="cursor")]
    listeners = [Reader(client, cursors) for _ in range(READERS)]
    await asyncio.gather(*(reader.open() for reader in listeners))
    await asyncio.sleep(1)
    before, began, sent = done(deployment), time.monotonic(), {}
    for number in range(POSTS):
        sent[f"{number:03}"] = time.perf_counter()
        await listeners[0].socket.send(json.dumps({"kind": "say", "text": f"post-{number:03}"}))
        await asyncio.sleep(1 / RATE)
    rows, seconds = done(deployment) - before, time.monotonic() - began
    await asyncio.sleep(3)
    late = sorted(1000 * (max(reader.seen[post] for reader in listeners) - at) for post, at in sent.items())
    for reader in listeners:
        reader.task.cancel()
    p95 = late[int(len(late) * 0.95) - 1]
    assert server.process.alive
    return f"{kind:8} {beside:12} {statistics.median(late):8.1f} {p95:8.1f} {late[-1]:8.1f} {rows / seconds:10,.0f}"


def done(deployment: Deployment) -> int:
    """Rows that all imports have dealt with."""
    return int(deployment.rows("SELECT coalesce(sum(orders + rejected), 0) FROM shop_import")[0][0])


def beside(deployment: Deployment, kind: str) -> list[str]:
    """A room alone, and then with fifty imports of which the process carries as many at a time as it may."""
    deployment.start_server(kind)
    alone = asyncio.run(room(deployment, kind, "nothing"))
    deployment.manage("shell", "-v0", "-c", FIFTY)
    HttpClient(deployment.servers[0].url).sign_in("member").get("/shop/imports/")
    eventually(lambda: done(deployment) > 0, 30, "the first rows")
    return [alone, asyncio.run(room(deployment, kind, f"{JOBS} imports"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", nargs="*", default=["memory", "room"])
    parser.add_argument("--servers", nargs="*", default=["uvicorn", "daphne"])
    options = parser.parse_args()
    wanted = options.what
    with tempfile.TemporaryDirectory() as folder:
        builder = Builder(Path(folder))
        if "memory" in wanted:
            print(memory(builder.deploy()), flush=True)
        if "room" in wanted:
            print("post to last reader, ms; rows imported in a second meanwhile")
            print(f"{'server':8} {'beside':12} {'p50':>8} {'p95':>8} {'max':>8} {'rows':>10}")
            for kind in options.servers:
                deployment = builder.deploy(**LOUD)
                for line in beside(deployment, kind):
                    print(line, flush=True)
                builder.shut_down(deployment)
        builder.close()


if __name__ == "__main__":
    main()
