"""A child process of the tests, with its output in a file."""

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

NOT_OURS = re.compile(
    r"PYTHONDONTWRITEBYTECODE|PARLOUR|DJANGO|DATABASE_URL|REDIS_URL|SECRET_KEY|ALLOWED_HOSTS|CSRF_|TIME_ZONE|DEBUG|DEMO"
    r"|HTTPS|SITE_URL|EMAIL_|ANYMAIL|DEFAULT_FROM|METRICS_|LOG_|SENTRY_|WEBHOOK_|PORT|HOST$|_proxy$"
)
PARENT_DIED = 1  # PR_SET_PDEATHSIG of linux/prctl.h


def _end_with_the_tests() -> None:
    """Ask the kernel to kill this child when the tests die without tidying up; Linux alone can."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGKILL)


def surroundings(**own: str) -> dict[str, str]:
    """The environment of a process: nothing of the caller's own settings leaks in."""
    return {name: value for name, value in os.environ.items() if not NOT_OURS.search(name)} | own


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """What a command printed. Raises AssertionError with all that when it fails."""
    done = subprocess.run(command, env=env, cwd=cwd, timeout=120, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


# A run that was begun in the background ignores Ctrl-C, and would hand that on to all it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Process:
    """One child: started at once, stopped by its own id, frozen and thawed; its output goes to `log`."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as out:
            self._child = subprocess.Popen(
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=env,
                cwd=cwd,
                user=user,
                start_new_session=True,
                preexec_fn=_end_with_the_tests,
            )
        self.pid = self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def freeze(self) -> None:
        """Stop it in its tracks (SIGSTOP): its sockets stay open and nobody answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def end(self, how: signal.Signals = signal.SIGTERM, within: float = 30.0) -> float:
        """Send `how`, wait until it is gone, return the seconds it took; kill and raise after `within`."""
        started = time.monotonic()
        if self.alive:
            os.kill(self.pid, how)
            self.thaw()
        try:
            self._child.wait(within)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            raise AssertionError(f"{self.pid} outlived {how.name} by {within} s\n{self.tail()}") from None
        return time.monotonic() - started

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def most_memory(self) -> float:
        """The most resident memory it ever had, in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise AssertionError(f"process {self.pid} is gone\n{self.tail()}")

    def tail(self, lines: int = 40) -> str:
        """The last lines of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
