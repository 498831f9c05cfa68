"""The site with two pages more, which take large files."""

from e2e.support.settings import *  # noqa: F403
from http_bridge import bodies

bodies.GRACE = 6  # a test waits for somebody who dawdles

ROOT_URLCONF = "tests.http_bridge.sending"
LARGE_BODIES = {
    "/take/": ("tests.http_bridge.sending.may_send", 200 * 1024**2),
    "/little/": ("tests.http_bridge.sending.may_send", 4 * 1024**2),
}
