"""The alerts, as Django knows them."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Telling people something, wherever they are on the site, with a count that is never wrong."""

    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from alerts import signals

        signals.connect()
