"""`python -m config.serve`: runs the server, and leaves database and static files to `manage.py`."""

import os
import runpy
import sys

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SERVERS = {
    "daphne": "--ping-interval 5 --ping-timeout 10 --verbosity 0",
    "uvicorn": "--http httptools --ws websockets-sansio --ws-ping-interval 5 --ws-ping-timeout 10 --ws-max-size 1048576"
    " --ws-per-message-deflate false --timeout-graceful-shutdown 5 --no-access-log --log-level warning",
}
ADDRESS = {"daphne": "-e tcp:{port}:interface={interface}:backlog=2048", "uvicorn": "--host {host} --port {port}"}
INHERITED = {"daphne": "-e systemd:domain=INET:index=0", "uvicorn": "--fd 3"}  # sd_listen_fds(3): the first one is 3
BEHIND_A_PROXY = {"daphne": " --proxy-headers", "uvicorn": ""}  # uvicorn asks FORWARDED_ALLOW_IPS whose word to take


def main() -> None:
    """Runs the server in this process, which has loaded settings and apps already: to load them takes half a start."""
    set_up()
    inherits = os.environ.get("LISTEN_PID") == str(os.getpid())  # systemd holds the port, and hands it over
    sys.argv = command(server(), settings.HOST.strip("[]"), settings.PORT, settings.HTTPS, inherits)
    runpy.run_module(sys.argv[0], run_name="__main__")


def set_up() -> None:
    """Django with the environment's settings, or an end with one line that says what is wrong with them."""
    try:
        django.setup()
    except (ImproperlyConfigured, ValueError) as error:  # environs, Django and others say so of the environment
        sys.exit(f"Cannot start: {error}")
    if server() not in SERVERS:
        sys.exit(f"Cannot start: SERVER is {server()!r}; it may be {' or '.join(SERVERS)}.")


def server() -> str:
    """The one that SERVER names."""
    return os.environ.get("SERVER") or "daphne"


def command(server: str, host: str, port: int, behind_a_proxy: bool = False, inherits: bool = False) -> list[str]:
    """The words that start this server. With `inherits` it accepts from a socket that its parent has opened."""
    address = (INHERITED if inherits else ADDRESS)[server]
    address = address.format(host=host, interface=host.replace(":", r"\:"), port=port)
    flags = f"{address} {SERVERS[server]}{BEHIND_A_PROXY[server] if behind_a_proxy else ''}"
    return [server, *flags.split(), "config.asgi:application"]


if __name__ == "__main__":
    main()
