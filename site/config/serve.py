"""`python -m config.serve`: becomes the server, and leaves database and static files to `manage.py`."""

import os
import sys

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SERVERS = {
    "daphne": "-e tcp:{port}:interface={interface}:backlog=2048 --ping-interval 5 --ping-timeout 10 --verbosity 0",
    "uvicorn": "--host {host} --port {port} --http h11 --ws websockets-sansio --ws-ping-interval 5"
    " --ws-ping-timeout 10 --ws-max-size 1048576 --ws-per-message-deflate false --timeout-graceful-shutdown 5"
    " --no-access-log --log-level warning",
}
BEHIND_A_PROXY = {"daphne": " --proxy-headers", "uvicorn": ""}  # uvicorn asks FORWARDED_ALLOW_IPS whose word to take


def main() -> None:
    """Never returns."""
    set_up()
    become_server()


def set_up() -> None:
    """Django with the environment's settings, or an end with one line that says what is wrong with them."""
    try:
        django.setup()
    except (ImproperlyConfigured, ValueError) as error:  # environs, Django and others say so of the environment
        sys.exit(f"Cannot start: {error}")
    if server() not in SERVERS:
        sys.exit(f"SERVER is {server()!r}; it may be {' or '.join(SERVERS)}.")


def become_server() -> None:
    """Never returns: the process becomes the server's."""
    words = command(server(), settings.HOST.strip("[]"), settings.PORT, settings.HTTPS)
    os.execv(words[0], words)  # noqa: S606  no input from outside


def server() -> str:
    """The one that SERVER names."""
    return os.environ.get("SERVER") or "daphne"


def command(server: str, host: str, port: int, behind_a_proxy: bool = False) -> list[str]:
    """The words that start this server."""
    flags = SERVERS[server].format(host=host, interface=host.replace(":", r"\:"), port=port)
    flags += BEHIND_A_PROXY[server] if behind_a_proxy else ""
    return [sys.executable, "-m", server, *flags.split(), "config.asgi:application"]


if __name__ == "__main__":
    main()
