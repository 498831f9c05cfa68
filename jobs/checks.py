"""System checks of where jobs run."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, register
from django.db import connections, router

from jobs.models import Job


@register("parlour")
def check_jobs(**_: Any) -> list[CheckMessage]:
    """Threads write to a database that lets them wait in a queue; a broker has its Celery application."""
    broker = getattr(settings, "CELERY_BROKER_URL", None)
    if broker:
        from celery import current_app

        if current_app.main == "default":
            hint = (
                "Write celery.py as in Celery's “First steps with Django”, and import it in the project's __init__.py."
            )
            words = "Jobs would be sent nowhere: the project makes no Celery application that reads CELERY_BROKER_URL."
            return [checks.Error(words, hint, id="parlour.E027")]
        return []
    if broker is None and any(name.startswith("CELERY_") for name in dir(settings)):
        hint = 'Set CELERY_BROKER_URL to your broker, or to "" if threads of the web process shall run jobs.'
        return [checks.Warning("Celery has no broker, so it runs no jobs.", hint, id="parlour.W028")]
    if connections[router.db_for_write(Job)].settings_dict["ENGINE"] == "django.db.backends.sqlite3":
        hint = 'Use "ENGINE": "parlour.contrib.sqlite", where writers queue, or PostgreSQL.'
        words = "Jobs run by threads beside the pages, and SQLite may refuse a writer with “database is locked”."
        return [checks.Warning(words, hint, id="parlour.W029")]
    return []
