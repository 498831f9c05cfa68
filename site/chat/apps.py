"""The site's pages around its rooms, as Django knows them."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers the task that imports conversations."""

    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chat.importing import job  # noqa: F401  registers the task
