from django.apps import AppConfig


class KitchenConfig(AppConfig):
    name = "tests.jobs.kitchen"
    label = "kitchen"

    def ready(self):
        from tests.jobs.kitchen import bodies  # noqa: F401
