"""The app, as Django knows it."""

from django.apps import AppConfig


class WidgetsConfig(AppConfig):
    """Widgets for other sites."""

    name = "widgets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A desk hears of what is posted."""
        from rooms.posting import posted
        from widgets import desk

        posted.connect(desk.posted, dispatch_uid="widgets.desk")
        desk.ASKED.register()
