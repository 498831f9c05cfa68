"""The rooms, as Django knows them."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Chat rooms: who may be in them, what is said there, and how it looks live."""

    name = "rooms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from alerts import Kind
        from rooms import audiences, signals

        Kind("mention", "Mentions", "{title}, {n} times").register()
        Kind("room", "Rooms where you hear everything", "{title}: {n} messages").register()
        assert audiences  # importing it says who belongs to what
        signals.connect()
