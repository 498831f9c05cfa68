"""What makes all tests quick, and fixtures that most share: people, a room, fast engine clocks, what was logged."""

import logging

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.color import no_style
from django.db import connections
from django.test import TransactionTestCase, override_settings

from parlour import limits
from rooms import typing_indicator
from rooms.models import Room

KEPT = {"django_migrations", "django_content_type", "auth_permission"}  # every test expects the same rows in these


@pytest.fixture(scope="session", autouse=True)
def plain_static_files():
    """Static files under their own names, and a fast hasher."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, PASSWORD_HASHERS=hashers):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    options = connections.settings["default"]["OPTIONS"]
    if "init_command" in options:
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


@pytest.fixture(scope="session", autouse=True)
def quick_flush():
    """Django's own flush makes all permissions anew after every test: 50 ms of CPU, hundreds of times."""

    def delete_rows(self):
        for alias in self._databases_names(include_mirrors=False):
            connection = connections[alias]
            tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
            connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", delete_rows)
        yield


@pytest.fixture(autouse=True)
def reset_limits():
    """Primary keys come back from one test to the next; what their last bearers used up must not."""
    limits._shared.clear()
    limits._sweep_at = limits.KEPT
    typing_indicator._typing.clear()


@pytest.fixture
def conf(settings):
    """conf(TICK=0.1) sets the engine's settings for one test."""

    def change(**values):
        settings.PARLOUR = {**settings.PARLOUR, **values}

    return change


@pytest.fixture
def fast_clocks(conf):
    """An engine whose clocks run fast."""
    conf(TICK=0.1, BEAT=0.3, GRACE=0.2, RENEW=0.3, LEASE=1.0)


@pytest.fixture
def log_lines():
    """What the engine and its loop logged at warning or above; none is best."""
    lines = []

    def write(record):
        if "was destroyed" not in record.msg:  # a loop that ended with the test before this one
            lines.append(record.getMessage() + str(record.exc_info or ""))

    handler = logging.Handler(logging.WARNING)
    handler.emit = write
    loggers = [logging.getLogger(name) for name in ("parlour", "asyncio", "concurrent.futures")]
    for logger in loggers:
        logger.addHandler(handler)
    yield lines
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.fixture
def ann(db):
    return get_user_model().objects.create_user("ann", display_name="Ann")


@pytest.fixture
def ben(db):
    return get_user_model().objects.create_user("ben", display_name="Ben")


@pytest.fixture
def gus(db):
    return get_user_model().objects.create_guest("Gus")


@pytest.fixture
def sue(db):
    """Somebody of the staff."""
    return get_user_model().objects.create_user("sue", display_name="Sue", is_staff=True)


@pytest.fixture
def lobby(ann):
    return Room.objects.create(title="Lobby", owner=ann, guests=Room.Guests.WRITE)


@pytest.fixture
def post_rate(settings):
    """post_rate("10/40") limits how much one person may post: a second / at once."""

    def limit(rate):
        settings.ROOMS_POST_RATE = rate

    return limit
