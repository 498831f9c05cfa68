"""The jobs, as Django knows them."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Work in the background whose owner sees it move."""

    name = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from alerts import add_to_bell
        from jobs import signals  # noqa: F401
        from jobs.streams import BarsStream

        add_to_bell(BarsStream, "partials/jobs_bell.html")
