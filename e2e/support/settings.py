"""The product's settings but for one: hundreds of stories begin by signing in, so a password is hashed in no time."""

import os

from config.settings import *  # noqa: F403

QUICK, SLOW = (f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("MD5", "PBKDF2"))
PASSWORD_HASHERS = [SLOW, QUICK] if os.environ.get("PASSWORDS") == "slow" else [QUICK, SLOW]
