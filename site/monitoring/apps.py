"""The app, as Django knows it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    """Registers the kind of its alerts and who gets them."""

    name = "monitoring"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from alerts import Kind
        from monitoring import problems  # noqa: F401  its role registers itself

        Kind("problem", _("Problems of the site"), role="operators").register()
