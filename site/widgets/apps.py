"""The app, as Django knows it."""

from django.apps import AppConfig


class WidgetsConfig(AppConfig):
    """Widgets for other sites."""

    name = "widgets"
    default_auto_field = "django.db.models.BigAutoField"
