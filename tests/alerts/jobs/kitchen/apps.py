from django.apps import AppConfig


class KitchenConfig(AppConfig):
    name = "tests.alerts.jobs.kitchen"
    label = "kitchen"

    def ready(self):
        from tests.alerts.jobs.kitchen import bodies  # noqa: F401
