"""The shop, as Django knows it."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Registers the receivers, the task of imports and the kind of alerts."""

    name = "shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from alerts import Kind
        from shop import signals  # noqa: F401  connects the receivers
        from shop.imports import streams  # noqa: F401  registers the task and its page

        Kind("order", "Orders", "{n} new orders").register()
