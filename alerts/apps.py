"""The app of alerts."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Alerts for people and roles, and the bell that shows them on every page."""

    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from alerts import signals

        signals.connect()
