"""The app, as Django knows it."""

from django.apps import AppConfig


class NotesConfig(AppConfig):
    """Ends silent leases whenever a process that runs jobs looks for some."""

    name = "notes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jobs.runner import looked
        from notes import live, writing  # noqa: F401  registers who may see who is here

        looked.connect(writing.look)
