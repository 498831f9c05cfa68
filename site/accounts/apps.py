"""Accounts as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People: accounts, guests and bots."""

    name = "accounts"

    def ready(self) -> None:
        """A token's bot may do no more than its owner; programs notify the staff."""
        from accounts import tokens  # noqa: F401  its receivers connect themselves
        from alerts import Kind

        Kind("program", _("Programs"), role="staff").register()
