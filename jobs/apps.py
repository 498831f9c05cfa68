"""The jobs, as Django knows them."""

from django.apps import AppConfig
from django.conf import settings


class JobsConfig(AppConfig):
    """Work in the background whose owner sees it move."""

    name = "jobs"
    label = "parlour_jobs"  # "jobs" may be a name of yours
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"
    live_path = "alerts/jobs/"
    live_styles = ("parlour/jobs.css",)

    def ready(self) -> None:
        from alerts import add_to_bell, send_due_mail
        from jobs import checks  # noqa: F401  they register themselves
        from jobs.runner import looked
        from jobs.streams import BarsStream
        from jobs.transitions import job_queued

        if getattr(settings, "CELERY_BROKER_URL", ""):
            from jobs.celery_backend import send as carry
        else:
            from jobs.runner import put as carry
        job_queued.connect(carry)
        looked.connect(send_due_mail)
        add_to_bell(BarsStream, "parlour_jobs/bar.html#bell")

    def serve(self) -> None:
        """Run jobs in threads of this process, where there is no broker, and see which stalled."""
        from jobs import runner

        runner.start()
