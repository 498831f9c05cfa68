"""The rooms, as Django knows them."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Chat rooms: who may be in them, what is said there, and how it looks live."""

    name = "rooms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from rooms import signals

        signals.connect()
