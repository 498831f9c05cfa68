"""The app of chat rooms."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Chat rooms: who may be in them, what is posted there, and how it looks live."""

    name = "rooms"
    live_path = "rooms/"
    live_styles = ("parlour/rooms.css",)
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from alerts import Kind
        from rooms import mentions, signals

        Kind("mention", "Mentions", "{title}, {n} times").register()
        Kind("room", "Rooms where you hear everything", "{title}: {n} messages").register()
        assert mentions  # importing it says who is told what
        signals.connect()
