"""The site's settings with the kitchen, for a worker of the tests."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.jobs.kitchen.apps.KitchenConfig"]  # noqa: F405
