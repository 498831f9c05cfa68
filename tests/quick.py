"""What makes tests quick, here and in the examples: plain static files, a cheap hasher, no fsync, a short flush."""

import pytest
from django.conf import settings
from django.core.management.color import no_style
from django.db import OperationalError, connections
from django.test import TransactionTestCase, override_settings

KEPT = {"django_migrations", "django_content_type", "auth_permission"}  # every test expects the same rows in these


@pytest.fixture(scope="session", autouse=True)
def plain_static_files():
    """Static files under their own names, and a fast hasher."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, PASSWORD_HASHERS=hashers):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """No waiting for the disk."""
    for alias in connections:
        entry = connections.settings[alias]
        if "sqlite" in entry["ENGINE"]:
            pragmas = entry["OPTIONS"].get("init_command", "").replace("synchronous=FULL", "synchronous=OFF")
            entry["OPTIONS"]["init_command"] = pragmas or "PRAGMA synchronous=OFF"


@pytest.fixture(scope="session", autouse=True)
def quick_flush():
    """Django's own flush makes all permissions anew after every test: 50 ms of CPU, hundreds of times."""

    def delete_rows(self):
        for alias in self._databases_names(include_mirrors=False):
            connection = connections[alias]
            tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
            flush = connection.ops.sql_flush(no_style(), tables)
            try:
                connection.ops.execute_sql_flush(flush)
            except OperationalError:  # a page that left just now wrote meanwhile, and PostgreSQL ended the deadlock
                connection.ops.execute_sql_flush(flush)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", delete_rows)
        yield
