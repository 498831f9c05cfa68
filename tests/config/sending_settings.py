"""The site with two pages more, which take large files."""

from config import bodies
from e2e.ground.settings import *  # noqa: F403

bodies.GRACE = 6  # a test waits for somebody who dawdles

ROOT_URLCONF = "tests.config.sending"
LARGE_BODIES = {
    "/take/": ("tests.config.sending.may_send", 201 * 1024**2),
    "/little/": ("tests.config.sending.may_send", 4 * 1024**2),
}
