"""`make run` with a Redis: a worker beside the server, which ends with it, however that ends."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from config.serve import SERVERS
from e2e.support.ports import free_port
from e2e.support.processes import Process, surroundings
from e2e.support.redis import Redis
from e2e.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
HEALTHCHECK = [sys.executable, "-m", "config.healthcheck"]
START = [sys.executable, "-m", "config.start"]


@pytest.fixture
def redis(tmp_path):
    redis = Redis(tmp_path)
    yield redis
    redis.kill()


def processes(var):
    """The processes of the deployment in `var`, with their command lines."""
    commands = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"PARLOUR_VAR={var}\0".encode() in (process / "environ").read_bytes():
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z":
                    commands[int(process.name)] = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
    return commands


def env_of(var, **more):
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'site'}", "DJANGO_SETTINGS_MODULE": "config.settings"}
    return surroundings(**paths, PARLOUR_VAR=str(var), **more)


@pytest.mark.parametrize(("server", "flag"), [("daphne", "--ping"), ("uvicorn", "--ws-ping")])
def test_a_dead_page_is_found_by_a_ping_within_fifteen_seconds(server, flag):
    words = SERVERS[server].split()
    every, patience = (int(words[words.index(f"{flag}-{what}") + 1]) for what in ("interval", "timeout"))
    assert every + patience <= 15


@pytest.mark.parametrize("server", SERVERS)
def test_serve_runs_the_server_and_the_health_check_tells_whether_it_answers(tmp_path, server):
    env = env_of(tmp_path, SERVER=server, PORT=str(free_port()), ALLOWED_HOSTS="chat.example.org")

    def is_healthy():
        return subprocess.run(HEALTHCHECK, env=env, cwd=ROOT, timeout=20).returncode == 0

    assert not is_healthy()
    run = Process([sys.executable, "-m", "config.serve"], tmp_path / "run.log", env, ROOT)
    eventually(is_healthy, 60, run.tail())
    request = urllib.request.Request(f"http://127.0.0.1:{env['PORT']}/healthz", headers={"Host": "chat.example.org"})
    assert urllib.request.urlopen(request).headers["Server"] == server
    run.end()
    for file in tmp_path.glob("*.sqlite3"):
        assert sqlite3.connect(file).execute("SELECT name FROM sqlite_master").fetchall() == []


@pytest.mark.parametrize("server", SERVERS)
def test_whoever_comes_while_the_process_restarts_waits_where_the_port_is_held_for_it(tmp_path, server):
    port = free_port()
    held = socket.create_server(("127.0.0.1", port))
    env = env_of(tmp_path, SERVER=server, PORT=str(port), LISTEN_FDS="1", LISTEN_FDNAMES="web")

    def start():
        """As systemd does: the socket is number 3, and LISTEN_PID says whom it is for."""
        words = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", sys.executable, "-m", "config.serve"]
        give = partial(os.dup2, held.fileno(), 3)
        return subprocess.Popen(words, env=env, cwd=ROOT, pass_fds=[3, held.fileno()], preexec_fn=give)

    with ThreadPoolExecutor(1) as visitors:
        for _ in range(2):
            visitor = visitors.submit(urllib.request.urlopen, f"http://127.0.0.1:{port}/healthz", timeout=60)
            run = start()
            try:
                assert visitor.result().read() == b"ok"
            finally:
                run.kill()
                run.wait()


def test_a_wrong_variable_ends_the_start_with_one_line(tmp_path):
    env = env_of(tmp_path, PARLOUR_BEAT="soon")
    done = subprocess.run(START, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("Cannot start: ")
    assert '"PARLOUR_BEAT" invalid: ' in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.faults
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_worker_runs_beside_the_server_and_ends_with_it(tmp_path, redis, how):
    env = env_of(tmp_path, REDIS_URL=redis.url(), PORT=str(free_port()))
    run = Process(START, tmp_path / "run.log", env, ROOT)

    def worker(but=None):
        return next((pid for pid, words in processes(tmp_path).items() if "worker" in words and pid != but), None)

    first = eventually(worker, 60, run.tail())
    os.kill(first, signal.SIGKILL)
    eventually(lambda: worker(but=first), 20, "a worker that died is replaced")
    run.end(how)
    eventually(lambda: not processes(tmp_path), 20, f"nothing is left: {processes(tmp_path)}")
