"""The app of chat rooms."""

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RoomsConfig(AppConfig):
    """Chat rooms: who may be in them, what is posted there, and how it looks live."""

    name = "rooms"
    label = "parlour_rooms"
    verbose_name = "Rooms"
    live_path = "rooms/"
    live_styles = (
        "parlour/rooms.css",
        "parlour/history.css",
        "parlour/actions.css",
        "parlour/files.css",
        "parlour/reactions.css",
        "parlour/pins.css",
        "parlour/unread.css",
    )
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if not apps.is_installed("alerts"):
            raise ImproperlyConfigured('Rooms tell people of mentions: put "alerts" into INSTALLED_APPS too.')
        from alerts import Kind
        from rooms import checks, editing, mentions, moderation, pins, reactions, replies, search_index, signals  # noqa: F401

        Kind("mention", _("Mentions"), _("{title}, {n} times")).register()
        Kind("member", _("Rooms you are added to")).register()
        Kind("join", _("People who ask to join your rooms")).register()
        Kind("report", _("Messages that are reported"), _("{title}, {n} times")).register()
        Kind("room", _("Rooms where you hear everything"), _("{title}: {n} messages")).register()
        signals.connect()
        connection_created.connect(search_index.add_function)
        post_migrate.connect(search_index.build, sender=self)
        if apps.is_installed("jobs"):
            from jobs.runner import looked
            from rooms.files import prepare_soon

            looked.connect(prepare_soon, dispatch_uid="rooms.files")
