"""Accounts as a Django app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Connects the signals that cut off whoever lost the right to listen."""

    name = "accounts"

    def ready(self) -> None:
        """Django calls this once, when all models are there."""
        from accounts import revocation

        revocation.connect()
