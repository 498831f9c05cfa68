"""How long a message takes to its last reader, and what each delivery costs. Run by `make bench`.

One server on core 0, the readers on core 1, over 127.0.0.1 only; every run is bounded in count and time.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import websockets

from e2e.support.deployments import Builder, Deployment
from e2e.support.http_client import HttpClient

LOUD = {"ROOMS_POST_RATE": "100000/100000", "PARLOUR_FRAME_RATE": "100000/100000"}
RATE = 8  # posts a second
POSTS = 48


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


async def measure(deployment: Deployment, kind: str, readers: int) -> str:
    server = deployment.start_server(kind)
    os.sched_setaffinity(server.process.pid, {0})
    client = HttpClient(server.url).sign_in("member")
    page = client.get("/rooms/lobby/").page
    cursors = [each.attrs["value"] for each in page.find("input", name="cursor")]
    listeners = [Reader(client, cursors) for _ in range(readers)]
    for start in range(0, readers, 50):
        await asyncio.gather(*(reader.open() for reader in listeners[start : start + 50]))
    await asyncio.sleep(2)
    sent, before = {}, cpu(server.process.pid)
    for number in range(POSTS):
        sent[f"{number:03}"] = time.perf_counter()
        await listeners[0].socket.send(json.dumps({"kind": "say", "text": f"post-{number:03}"}))
        await asyncio.sleep(1 / RATE)
    await asyncio.sleep(2)
    spent = cpu(server.process.pid) - before
    late = sorted(1000 * (max(reader.seen[post] for reader in listeners) - at) for post, at in sent.items())
    for reader in listeners:
        reader.task.cancel()
    server.kill()
    p95 = late[int(len(late) * 0.95) - 1]
    cost = 1e6 * spent / (POSTS * readers)
    return f"{kind:8} {readers:6} {statistics.median(late):8.1f} {p95:8.1f} {late[-1]:8.1f} {cost:10.1f}"


def cpu(pid: int) -> float:
    """Seconds of processor a process has used."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, nargs="*", default=[100, 1000])
    options = parser.parse_args()
    os.sched_setaffinity(0, {1} if len(os.sched_getaffinity(0)) > 1 else {0})
    print("post to last reader, ms; cost in µs of server processor a delivery, beats and all")
    print(f"{'server':8} {'readers':>6} {'p50':>8} {'p95':>8} {'max':>8} {'cost':>10}")
    with tempfile.TemporaryDirectory() as folder:
        builder = Builder(Path(folder))
        for kind in ("uvicorn", "daphne"):
            for readers in options.readers:
                print(asyncio.run(measure(builder.deploy(**LOUD), kind, readers)), flush=True)
        builder.close()


if __name__ == "__main__":
    main()
