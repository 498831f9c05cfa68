"""The app, as Django knows it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    """Sends what is due whenever a process that runs jobs looks for some."""

    name = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from alerts import Kind
        from jobs.runner import looked
        from webhooks import delivery

        Kind("webhook", _("Webhooks that stop"), role="staff").register()
        looked.connect(delivery.look)
