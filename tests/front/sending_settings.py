"""The site with two pages more, which take large files."""

from e2e.ground.settings import *  # noqa: F403
from front import bodies

bodies.GRACE = 6  # a test waits for somebody who dawdles

ROOT_URLCONF = "tests.front.sending"
LARGE_BODIES = {
    "/take/": ("tests.front.sending.may_send", 200 * 1024**2),
    "/little/": ("tests.front.sending.may_send", 4 * 1024**2),
}
