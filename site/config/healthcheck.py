"""`python -m config.healthcheck`: ends with 0 while the server at HOST and PORT answers, else with 1."""

import http.client
import os
import sys

from config.environment import ANY_HOST


def answers(host: str, port: int, name: str = "") -> bool:
    """Whether /healthz says ok within three seconds, asked for under `name`, one of ALLOWED_HOSTS."""
    name = name.strip("*.")
    connection = http.client.HTTPConnection("127.0.0.1" if host in ANY_HOST else host.strip("[]"), port, timeout=3)
    try:
        connection.request("GET", "/healthz", headers={"Host": name} if name else {})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    host, port, names = (os.environ.get(name, "") for name in ("HOST", "PORT", "ALLOWED_HOSTS"))
    sys.exit(not answers(host, int(port or 8000), names.partition(",")[0]))
