"""`make run`: prepares database and static files, starts the server, and prints its address once it answers."""

import contextlib
import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections

from config.environment import url
from config.healthcheck import answers
from config.serve import set_up

SERVER = sys.executable, [sys.executable, "-m", "config.serve"]
WORKER = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker"]
START_TIMEOUT = 60  # seconds for the server to answer
WORKER_STOP_TIMEOUT = 10  # seconds for a worker to end


def main() -> None:
    """Never returns: the process becomes the server's."""
    set_up()
    _refuse_taken_port()
    _collect_static()
    _say("Preparing the database …")
    call_command("migrate", verbosity=0)
    welcome = _welcome()
    _say("Starting the server …")
    _print_when_ready(welcome)
    if settings.CELERY_BROKER_URL:
        _start_worker()
    os.execv(*SERVER)  # noqa: S606  no input from outside


def _refuse_taken_port() -> None:
    host = settings.HOST.strip("[]")
    try:
        family = socket.getaddrinfo(host, settings.PORT)[0][0]
        with socket.create_server((host, settings.PORT), family=family):
            pass
    except OSError as error:
        why = (error.strerror or str(error)).split(" (")[0]
        sys.exit(f"Cannot open {host}:{settings.PORT}: {why}. Another port: make run PORT=8001")


def _collect_static() -> None:
    """Collects the static files anew when one of them has changed."""
    stamp, now = settings.STATIC_ROOT / ".collected", _fingerprint()
    if not stamp.exists() or stamp.read_text() != now:
        _say("Collecting style sheets and scripts …")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(now)


def _fingerprint() -> str:
    files = sorted(
        f"{path} {os.stat(file).st_mtime_ns}"
        for finder in get_finders()
        for path, storage in finder.list([])
        for file in [storage.path(path)]
    )
    return hashlib.sha256("\n".join(files).encode()).hexdigest()


def _say(words: str) -> None:
    """One line about what takes a while."""
    os.write(sys.stdout.fileno(), f"{words}\n".encode())


def _welcome() -> str:
    here = url(settings.HOST, settings.PORT)
    text = f"Parlour is open at {here}/\n"
    if settings.DEMO:
        logins = io.StringIO()
        call_command("demo", stdout=logins)
        text += "".join(f"  {line}\n" for line in logins.getvalue().splitlines())
        text += f"As a guest: {here}/accounts/guest/?next=/rooms/lobby/\n"
        text += f"The shop: {here}/shop/, and an import whose bar moves: {here}/shop/imports/\n"
        text += f"The admin, as staff: {here}/admin/\n"
    return text + "Ctrl-C closes it.\n"


def _print_when_ready(text: str) -> None:
    """Starts a process that prints `text` once the server answers, and ends with it."""
    connections.close_all()
    server = os.getpid()
    if os.fork():
        os.wait()
    elif os.fork():
        os._exit(0)
    else:
        if any(_is_ready() for _ in _while_alive(server)):
            os.write(sys.stdout.fileno(), text.encode())
        os._exit(0)


def _start_worker() -> None:
    """Starts a child process that keeps a worker for background jobs running, and ends it with the server."""
    server = os.getpid()
    if os.fork():
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = None
    while os.getppid() == server:
        if worker is None or worker.poll() is not None:
            worker = subprocess.Popen(WORKER, start_new_session=True)  # noqa: S603  no input from outside
        time.sleep(1)
    if worker is not None:
        worker.terminate()
        try:
            worker.wait(WORKER_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            worker.kill()
    os._exit(0)


def _while_alive(process: int) -> Iterator[None]:
    with contextlib.suppress(ProcessLookupError):
        for _ in range(START_TIMEOUT * 10):
            os.kill(process, 0)
            yield
            time.sleep(0.1)


def _is_ready() -> bool:
    return answers(settings.HOST, settings.PORT, settings.ALLOWED_HOSTS[0])


if __name__ == "__main__":
    main()
