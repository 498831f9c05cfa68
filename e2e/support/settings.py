"""The product's settings but for two: hundreds of stories begin by signing in, so a password is hashed in no time.

And the demo's rooms are empty: stories fill them.
"""

from config.settings import *  # noqa: F403

DEMO_PARTS.remove("chat.demo.make_demo_conversation")  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if "init_command" in DATABASES["default"]["OPTIONS"]:  # noqa: F405  a killed process loses nothing without fsync
    options = DATABASES["default"]["OPTIONS"]  # noqa: F405
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
