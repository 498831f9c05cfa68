"""Work that takes a while, and that its owner sees move: `from jobs import task, job_for`. See `docs/jobs.md`."""

from importlib import import_module
from typing import Any

_MODULES = {
    "task": "jobs.tasks",  # decorates a function that runs in the background
    "job_for": "jobs.tasks",  # a job around code that something else runs, such as a Celery task
    "JobContext": "jobs.progress",  # what such code is given
    "Failure": "jobs.progress",  # an end whose words are for the owner
    "Job": "jobs.models",  # the row
    "JobRegion": "jobs.streams",  # one job on a page
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Models cannot be imported before Django's apps are ready, so every name is imported when it is used."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'jobs' has no attribute '{name}'")
