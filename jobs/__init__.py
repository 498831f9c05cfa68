"""Work that takes a while, and that its owner sees move: `from jobs import task`. See `docs/jobs.md`."""

from importlib import import_module
from typing import Any

_HOMES = {
    "task": "jobs.tasks",  # decorates a body that is carried in the background
    "Running": "jobs.running",  # what a body is given
    "Failure": "jobs.running",  # an end whose words are for the owner
    "Job": "jobs.models",  # the row
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Models cannot be imported before Django's apps are ready, so every name is fetched when it is used."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'jobs' has no attribute '{name}'")
