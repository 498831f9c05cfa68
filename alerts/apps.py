"""The app of alerts."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Alerts for people and roles, and the bell that shows them on every page."""

    name = "alerts"
    label = "parlour_alerts"  # "alerts" may be a name of yours
    verbose_name = "Alerts"
    default_auto_field = "django.db.models.BigAutoField"
    live_path = "alerts/"
    live_styles = ("parlour/bell.css", "parlour/toasts.css", "parlour/alerts.css")

    def ready(self) -> None:
        from alerts import checks, signals  # noqa: F401  the checks register themselves

        signals.connect()
