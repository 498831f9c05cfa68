"""The product's settings but for one: hundreds of stories begin by signing in, so a password is hashed in no time."""

import os

from config.settings import *  # noqa: F403

QUICK, SLOW = (f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("MD5", "PBKDF2"))
PASSWORD_HASHERS = [SLOW, QUICK] if os.environ.get("PASSWORDS") == "slow" else [QUICK, SLOW]

if "init_command" in DATABASES["default"]["OPTIONS"]:  # noqa: F405  a killed process loses nothing without fsync
    options = DATABASES["default"]["OPTIONS"]  # noqa: F405
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
