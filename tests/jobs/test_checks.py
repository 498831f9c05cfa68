"""Where jobs run is checked: by threads on a database that lets them wait, or by a Celery that has a broker."""

import pytest
from celery import Celery, current_app
from django.db import connection

from jobs.checks import check_jobs


def found():
    return [message.id.removeprefix("parlour.") for message in check_jobs()]


@pytest.fixture
def no_application():
    """The project makes no Celery application, so Celery makes one that reads no settings."""
    before = current_app._get_current_object()
    Celery("default", set_as_current=False).set_default()
    Celery("default").set_current()
    yield
    before.set_current()
    before.set_default()


def test_threads_on_plain_sqlite_are_warned_of_and_on_ours_not(settings, monkeypatch):
    assert found() == []
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "django.db.backends.sqlite3")
    assert found() == ["W029"]


def test_celery_without_a_broker_is_named_unless_threads_are_wanted(settings):
    settings.CELERY_BROKER_URL = ""
    assert found() == []
    del settings.CELERY_BROKER_URL
    assert found() == ["W028"]


def test_a_broker_without_an_application_is_an_error(settings, no_application):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:6379/0"
    assert found() == ["E027"]
    Celery("tea").set_current()
    assert found() == []
