"""Fixtures that most tests share: people, a room, fresh rate limits, fast engine clocks, what was logged."""

import logging
import os

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import caches

from parlour import limits
from parlour.testing import page
from rooms import typing_indicator
from rooms.models import Room
from tests.quick import django_db_modify_db_settings, plain_static_files, quick_flush  # noqa: F401

page.PATIENCE = float(os.environ.get("PATIENCE", 20))  # a busy machine may take longer, and nobody waits for what comes


@pytest.fixture(autouse=True)
def reset_limits():
    """Primary keys come back from one test to the next; what their last bearers used up must not."""
    limits._shared.clear()
    limits._sweep_at = limits.KEPT
    typing_indicator._typing.clear()
    caches["rates"].clear()


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
def team(ann):
    """A room for members, of which Ann is one."""
    room = Room.objects.create(title="Team", owner=ann, access=Room.Access.MEMBERS)
    room.members.add(ann)
    return room


@pytest.fixture
def post_rate(settings):
    """post_rate("10/40") limits how much one person may post: a second / at once."""

    def limit(rate):
        settings.ROOMS_POST_RATE = rate

    return limit
