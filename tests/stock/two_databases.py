"""The stock project below /app, with its tasks on a database of their own."""

from project.settings import *  # noqa: F403
from project.settings import BASE_DIR, DATABASES

DATABASES["tasks"] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": BASE_DIR / "tasks.sqlite3",
    "TEST": {"NAME": BASE_DIR / "test_tasks.sqlite3"},
}
FORCE_SCRIPT_NAME = "/app"
DATABASE_ROUTERS = ["two_databases.Router"]


class Router:
    """Tasks there, everything else here."""

    def db_for_read(self, model, **hints):
        return "tasks" if model._meta.app_label == "tasks" else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return (db == "tasks") == (app_label == "tasks")
