"""The engine as a Django app."""

from django.apps import AppConfig

from parlour.conf import conf


class ParlourConfig(AppConfig):
    """The engine: streams, heads and the hub that sends pages what they should show now."""

    name = "parlour"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Load the settings: a wrong one stops the start with words."""
        conf.load()
