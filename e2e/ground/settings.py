"""The product's settings but for one: hundreds of stories begin by signing in, so a password is hashed in no time."""

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
