"""The engine as a Django app."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from parlour.conf import conf


class ParlourConfig(AppConfig):
    """The engine: streams, heads and the hub that sends pages what they should show now."""

    name = "parlour"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Load the settings, where a wrong one stops the start with words, and the live parts of all apps.

        From now on, whoever signs out or is changed has their pages authorized anew.
        """
        from parlour import revocation

        conf.load()
        revocation.connect()
        import_module("parlour.who_is_here")  # a live part of the engine's own
        autodiscover_modules("live")
        import_module("parlour.checks")
