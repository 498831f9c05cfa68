"""The site's settings with the fixture app."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.jobs.fixture_app.apps.FixtureAppConfig"]  # noqa: F405
