"""What all tests share: no hashed file names to collect first, and passwords that hash at once."""

import pytest


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Static files under their own names, and a fast hasher."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
