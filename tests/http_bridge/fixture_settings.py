"""The site with two more pages, one of which takes large files."""

from e2e.support.settings import *  # noqa: F403

ROOT_URLCONF = "tests.http_bridge.fixture_site"
UPLOAD_LIMITS = {"/upload/": 200 * 1024**2}
