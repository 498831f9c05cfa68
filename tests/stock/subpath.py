"""The stock project below /app."""

from project.settings import *  # noqa: F403

FORCE_SCRIPT_NAME = "/app"
