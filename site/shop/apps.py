"""The shop, as Django knows it."""

from django.apps import AppConfig

from alerts.kinds import Kind


class ShopConfig(AppConfig):
    """Orders: placing them, seeing to them, and telling those whom they concern."""

    name = "shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from shop import signals
        from shop.imports import streams  # noqa: F401  the task and its page make themselves known

        Kind("order", "Orders", "{n} new orders").register()
        signals.connect()
