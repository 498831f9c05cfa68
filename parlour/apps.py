"""The engine, as Django knows it."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from parlour.conf import DEFAULTS


class ParlourConfig(AppConfig):
    """The engine: streams, heads and the hub that tells pages what they should see now."""

    name = "parlour"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A setting that is misspelt would change nothing, in silence; one of another type would fail much later."""
        chosen = getattr(settings, "PARLOUR", {})
        if unknown := sorted(set(chosen) - set(DEFAULTS)):
            raise ImproperlyConfigured(f"PARLOUR knows no {', '.join(unknown)}; it knows {', '.join(DEFAULTS)}.")
        for name, value in chosen.items():
            if isinstance(value, str) != isinstance(DEFAULTS[name], str):
                raise ImproperlyConfigured(
                    f"PARLOUR's {name} cannot be {value!r}; it is {DEFAULTS[name]!r} by default."
                )
