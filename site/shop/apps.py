"""The shop, as Django knows it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    """Registers the kind of alerts, the task of imports and what its page shows."""

    name = "shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from alerts import Kind
        from shop.imports import job  # noqa: F401  registers the task and what its page shows

        Kind("order", _("Orders"), _("{n} new orders")).register()
