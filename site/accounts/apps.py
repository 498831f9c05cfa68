"""The app's card."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Connects the signals that cut off whoever lost the right to listen."""

    name = "accounts"

    def ready(self) -> None:
        from accounts import signals

        signals.connect()
