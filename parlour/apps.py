"""The engine, as Django knows it."""

from django.apps import AppConfig


class ParlourConfig(AppConfig):
    """The engine: streams, heads and the hub that tells pages what they should see now."""

    name = "parlour"
    default_auto_field = "django.db.models.BigAutoField"
