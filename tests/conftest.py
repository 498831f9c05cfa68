"""What makes all tests quick: plain static files, a cheap hasher, no fsync, and a flush that deletes rows alone."""

import pytest
from django.core.management.color import no_style
from django.db import connections
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission"}  # every test expects the same rows in these


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Static files under their own names, and a fast hasher."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    options = connections.settings["default"]["OPTIONS"]
    if "init_command" in options:
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


@pytest.fixture(scope="session", autouse=True)
def quick_flush():
    """Django's own flush makes all permissions anew after every test: 50 ms of CPU, hundreds of times."""

    def delete_rows(self):
        for alias in self._databases_names(include_mirrors=False):
            connection = connections[alias]
            tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
            connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", delete_rows)
        yield
