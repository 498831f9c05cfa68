from django.apps import AppConfig


class FixtureAppConfig(AppConfig):
    name = "tests.jobs.fixture_app"
    label = "fixture_app"

    def ready(self):
        from tests.jobs.fixture_app import tasks  # noqa: F401
