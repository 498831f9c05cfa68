"""The shop, as Django knows it."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Registers the kind of alerts, the task of imports and what its page shows."""

    name = "shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from alerts import Kind
        from shop.imports import job  # noqa: F401  registers the task and what its page shows

        Kind("order", "Orders", "{n} new orders").register()
