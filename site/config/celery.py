"""Celery, where there is a broker: `make worker`."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("parlour")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["jobs"], related_name="celery_backend")
app.set_default()  # for every thread


@signals.worker_ready.connect
def _report(**_: Any) -> None:
    """A worker is seen on the status page, like a web process."""
    from config.health import check_redis
    from monitoring import reporter

    reporter.start("worker", check_redis)
    signals.worker_shutdown.connect(reporter.stop)
