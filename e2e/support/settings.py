"""The product's settings but for one: hundreds of stories begin by signing in, so a password is hashed in no time."""

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if "init_command" in DATABASES["default"]["OPTIONS"]:  # noqa: F405  a killed process loses nothing without fsync
    options = DATABASES["default"]["OPTIONS"]  # noqa: F405
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
