"""A stock project with the bell: people are Django's own users, or have UUIDs, as the environment says."""

import os
from pathlib import Path

SECRET_KEY = "only for tests"
INSTALLED_APPS = [
    *("parlour", "people", "jobs", "alerts"),
    *("django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"),
    *("django.contrib.messages", "django.contrib.staticfiles", "django.contrib.humanize"),
    *("django_htmx", "template_partials"),
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates", os.environ["TEMPLATES"]],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
if os.environ.get("DATABASE_URL"):
    from config.environment import database

    DATABASES = {"default": database(os.environ["DATABASE_URL"], Path())}
else:
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20}
    DATABASES = {
        "default": {"ENGINE": "parlour.contrib.sqlite", "NAME": "db", "TEST": {"NAME": "test_db"}, "OPTIONS": options}
    }
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
AUTH_USER_MODEL = os.environ["USER_MODEL"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "urls"
LOGIN_URL = "admin:login"
ALLOWED_HOSTS = ["testserver"]
STATIC_URL = "static/"
USE_TZ = True
PARLOUR = {"TICK": 0.3, "LEASE": 5.0}
