"""Starts what is measured, the product as `make run` does and its peers, and reads from /proc what each costs."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.load import SocketIo, Tutorial, Wire, Wrong, nothing

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "var" / "bench"
PLAIN = WORK / "django"
PEERS = ROOT / "bench" / "peers"
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
TICK = os.sysconf("SC_CLK_TCK")
NOT_THEIRS = re.compile(
    r"PARLOUR|DJANGO|_URL$|SECRET_KEY|ALLOWED_HOSTS|CSRF_|TIME_ZONE|DEBUG|DEMO|^HTTPS$|PORT|HOST$|MAKE|MFLAGS|VENV|^PYTHON"
)


class Server:
    """A process and all that it starts, on one core with all their threads."""

    def __init__(
        self, name: str, command: Sequence[str], cwd: Path, log: Path, port: int, held: int | None = None, **env: str
    ) -> None:
        """With `held`, the number of an open socket, the process gets that as number 3."""
        self.name, self.port, self.log = name, port, log

        def begin() -> None:
            os.sched_setaffinity(0, {SERVER_CORE})
            if held:
                os.dup2(held, 3)

        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env=clean(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=begin,
                pass_fds=(3, held) if held else (),
            )

    def wait(self, path: str = "") -> None:
        """Until it listens, and answers 200 at `path` if one is given."""
        deadline = time.monotonic() + 60
        while not self._answers(path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Wrong(f"{self.name} does not answer: {self.log.read_text(errors='replace')[-600:]}")
            time.sleep(0.1)

    def _answers(self, path: str) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            line.connect()
            if path:
                line.request("GET", path)
            return not path or line.getresponse().status == 200
        except OSError:
            return False
        finally:
            line.close()

    def processes(self) -> list[int]:
        """The process and its descendants."""
        return family(self.process.pid)

    def cpu(self) -> float:
        """Seconds of processor that they used."""
        return sum(map(cpu, self.processes()))

    def memory(self) -> float:
        """Resident memory of all of them, in KiB."""
        total = 0
        for pid in self.processes():
            with contextlib.suppress(OSError):
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return total * os.sysconf("SC_PAGE_SIZE") / 1024

    def stop(self) -> None:
        """Kill the session that was started for it; what it wrote is thrown away."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def stat(pid: int) -> list[str]:
    """The fields of /proc/pid/stat after the name, none if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def cpu(pid: int) -> float:
    """Seconds of processor that a process used with all its threads, to the nanosecond; 0 if it is gone."""
    try:
        return time.clock_gettime(~pid << 3 | 2)  # its clock as clock_getcpuclockid(3) names it
    except OSError:
        return 0.0


def all_cpu() -> float:
    """Seconds of processor that this whole machine has used on all its cores."""
    user, nice, system, _, _, *rest = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(rest)) / TICK


def clean(env: Mapping[str, str]) -> dict[str, str]:
    """Our environment without settings of the caller's own, and with `env`."""
    return {name: value for name, value in os.environ.items() if not NOT_THEIRS.search(name)} | dict(env)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Checkout:
    """One version of the product, with its packages and a furnished folder of which each server gets a copy."""

    def __init__(self, name: str, folder: Path, people: int, **env: str) -> None:
        """`env` is set for all that is run of it."""
        self.name, self.folder, self.env = name, folder, env
        self.venv = Path(sys.prefix)
        if (folder / "requirements.txt").read_bytes() != (ROOT / "requirements.txt").read_bytes():
            self.venv = WORK / f"venv-{name}"
            run(["make", "-s", "runtime", f"VENV={self.venv}"], folder, {})
        self.template, self.var = WORK / f"template-{name}", WORK / f"run-{name}"
        shutil.rmtree(self.template, ignore_errors=True)
        self.template.mkdir(parents=True)
        self._manage(self.template, "migrate", "-v0")
        seeded = self.inside(f"seed({people}, 'Bench audience', 'Bench posters', 'Bench forms')")
        self.cookies: list[str] = json.loads(seeded)

    def _manage(self, var: Path, *words: str) -> str:
        env = {"PARLOUR_VAR": str(var), "DEMO": "1", **self.env}
        return run([str(self.venv / "bin" / "python"), "manage.py", *words], self.folder, env)

    def inside(self, call: str, var: Path | None = None) -> str:
        """The last line that a call of bench/inside.py prints in this checkout, before it is started or in `var`."""
        script = (ROOT / "bench" / "inside.py").read_text()
        return self._manage(var or self.template, "shell", "-v0", "-c", f"{script}\n{call}").splitlines()[-1]

    def start(self, kind: str, rooms: int = 0, command: Sequence[str] = ()) -> Server:
        """Start it on fresh data, with so many more rooms, with `make run` or this command."""
        shutil.rmtree(self.var, ignore_errors=True)
        shutil.copytree(self.template, self.var)
        if rooms:
            self.inside(f"seed(0, *(f'Bench {{number}}' for number in range({rooms})))", self.var)
        port = free_port()
        env = {"PARLOUR_VAR": str(self.var), "SERVER": kind, "PORT": str(port), "HOST": "127.0.0.1", **self.env}
        if command:
            env |= {"PYTHONPATH": f"{self.folder}:{self.folder / 'site'}", "DJANGO_SETTINGS_MODULE": "config.settings"}
        command = command or ["make", "-s", "run", f"VENV={self.venv}"]
        server = Server(f"{kind} {self.name}", command, self.folder, WORK / f"{kind}-{self.name}.log", port, **env)
        server.wait("/healthz")
        return server

    def statements(self, path: str) -> int:
        """How many SQL statements a page takes that the last server served."""
        return int(self.inside(f"statements({path!r}, {self.cookies[0]!r})", self.var))


def checkout(commit: str, people: int) -> Checkout:
    """An earlier version, laid out below var/ without touching the work tree."""
    name = run(["git", "rev-parse", "--short", f"{commit}^{{commit}}"], ROOT, {}).strip()
    folder = WORK / f"tree-{name}"
    if not (folder / "manage.py").exists():
        folder.mkdir(parents=True, exist_ok=True)
        run(["git", "archive", "-o", f"{folder}.tar", name], ROOT, {})
        run(["tar", "-xf", f"{folder}.tar"], folder, {})
    return Checkout(name, folder, people)


def run(command: list[str], cwd: Path, env: Mapping[str, str]) -> str:
    """What a command printed; raises Wrong with its last words if it failed."""
    done = subprocess.run(command, cwd=cwd, env=clean(env), check=False, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise Wrong(f"{' '.join(command)[:60]} in {cwd}: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


def need(*packages: str) -> None:
    run(["sh", "bin/need", *packages], ROOT, {})


class Peer(NamedTuple):
    """Something else that does the same: how it is installed, how it is started on a port, what it speaks."""

    name: str
    command: Callable[[int], list[str]]
    install: Callable[[], None] = nothing
    wire: type[Wire] | None = Wire  # None: it serves pages and takes forms
    keeps_up_with: int = 8  # messages in flight

    def start(self) -> Server:
        port = free_port()
        env = {"BENCH_FOLDER": str(PLAIN)}
        server = Server(self.name, self.command(port), ROOT, WORK / f"{self.name}.log", port, **env)
        server.wait()
        return server


def install_node() -> None:
    if not shutil.which("npm"):
        need("nodejs", "npm")
    shutil.copytree(PEERS, WORK / "peers", dirs_exist_ok=True)
    flags = ["--silent", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    run(["npm", "install", *flags], WORK / "peers", {})


def install_bun() -> None:
    install_node()
    run([bun(), "--version"], ROOT, {})


def bun() -> str:
    """The program in npm's package for this machine: what its install script, which is not run, would link to."""
    found = sorted((WORK / "peers" / "node_modules" / "@oven").glob("*/bin/bun"))
    if not found:
        raise Wrong("npm has no Bun for this machine")
    return str(found[0])


def install_nchan() -> None:
    if not NCHAN.exists():
        need("nginx", "libnginx-mod-nchan")


def node(name: str) -> Callable[[int], list[str]]:
    return lambda port: ["node", str(WORK / "peers" / f"{name}.js"), str(port)]


def nginx(port: int) -> list[str]:
    folder = WORK / "nginx"
    folder.mkdir(exist_ok=True)
    text = (PEERS / "nginx.conf").read_text().replace("PORT", str(port)).replace("MODULE", str(NCHAN))
    (folder / "nginx.conf").write_text(text)
    return ["/usr/sbin/nginx", "-p", f"{folder}/", "-c", "nginx.conf", "-g", "daemon off;"]


def tutorial(port: int) -> list[str]:
    flags = ["-b", "127.0.0.1", "-p", str(port), "--verbosity", "0"]
    return [sys.executable, "-m", "daphne", *flags, "bench.peers.tutorial:application"]


def seed_plain() -> list[str]:
    """A new database for plain Django; the cookies of its people."""
    shutil.rmtree(PLAIN, ignore_errors=True)
    PLAIN.mkdir(parents=True)
    command = [sys.executable, "-m", "bench.peers.django_page", str(PLAIN), "100"]
    return list(json.loads(run(command, ROOT, {})))


def plain(port: int) -> list[str]:
    flags = ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    return [sys.executable, "-m", "uvicorn", *flags, "bench.peers.django_page:application"]


EVERY_PEER = [
    Peer("ws", node("ws"), install_node),
    Peer("socket.io", node("socket.io"), install_node, SocketIo),
    Peer("Bun", lambda port: [bun(), str(WORK / "peers" / "bun.js"), str(port)], install_bun),
    Peer("nchan", nginx, install_nchan),
    Peer("tutorial", tutorial, wire=Tutorial, keeps_up_with=1),  # it cannot bear eight a second
    Peer("Django", plain, wire=None),
]


def installed(*names: str) -> list[Peer]:
    """Those of these that can be installed; one line for each that cannot."""
    ready = []
    for peer in EVERY_PEER:
        try:
            if peer.name in names:
                peer.install()
                ready.append(peer)
        except (Wrong, OSError, subprocess.TimeoutExpired) as why:
            print(f"without {peer.name}: {why}", flush=True)
    return ready
