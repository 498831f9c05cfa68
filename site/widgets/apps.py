"""The app, as Django knows it."""

from django.apps import AppConfig


class WidgetsConfig(AppConfig):
    """Widgets for other sites."""

    name = "widgets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A desk hears of what is posted, and of who joins or leaves the staff."""
        from django.conf import settings
        from django.db.models.signals import post_save, pre_save

        from rooms.posting import posted
        from widgets import desk

        posted.connect(desk.posted, dispatch_uid="widgets.desk")
        pre_save.connect(desk.staff_changed, settings.AUTH_USER_MODEL, dispatch_uid="widgets.staff_changed")
        post_save.connect(desk.staff_joined, settings.AUTH_USER_MODEL, dispatch_uid="widgets.staff_joined")
        desk.ASKED.register()
