"""Settings. All that a host may change comes from the environment; the README lists the names."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from environs import FileAwareEnv, validate

from config import environment

env = FileAwareEnv(strip_whitespace=True)  # NAME_FILE may name a file that holds NAME, such as a Docker secret
BASE_DIR = Path(__file__).resolve().parents[2]
VAR = Path(env.str("PARLOUR_VAR", "") or BASE_DIR / "var").resolve()
STATIC_ROOT = VAR / "static"
UPLOADS = VAR / "uploads"  # files on their way in, and those that wait for a job; web processes and workers share them
for folder in (STATIC_ROOT, UPLOADS):
    folder.mkdir(parents=True, exist_ok=True)

# Where the site is served, and under which names.
HOST: str = env.str("HOST", "127.0.0.1")
PORT: int = env.int("PORT", 8000, validate=validate.Range(1, 65535))
HTTPS: bool = env.bool("HTTPS", False)
DEBUG: bool = env.bool("DEBUG", False)
DEMO: bool = env.bool("DEMO", False) and not HTTPS  # `make run` says so; nothing else does
DEMO_PARTS = [  # called once the demo's people are there
    "chat.demo.make_demo_rooms",
    "chat.demo.make_demo_conversation",
    "shop.demo.make_demo_orders",
    "notes.demo.make_demo_notes",
]
VERSION: str = env.str("VERSION", "")[:60]  # a tag or a commit, for the status page
LOCAL: bool = environment.is_loopback(HOST)
environment.refuse_unsafe(env, public=HTTPS or not LOCAL, demo=DEMO)
SECRET_KEY: str = env.str("SECRET_KEY", "") or environment.secret_key(VAR)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", []) or environment.default_hosts(HOST)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [], validate=environment.are_origins)

INSTALLED_APPS = [
    "parlour",
    "monitoring",
    "webhooks",
    "shop",
    "notes",
    "widgets",
    "chat",
    "accounts",
    "rooms",
    "jobs",
    "alerts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "template_partials",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.security_policy.SecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "widgets.framing.without_cookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.own_language",
    "accounts.middleware.own_zone",
    "accounts.middleware.own_pages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "config.pages.rejected_bodies",
    "accounts.login_throttle.limit_hashing",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
FORM_RENDERER = "config.forms.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["parlour.templatetags.parlour", "template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chat.context_processors.parked",
            ],
        },
    }
]

# Databases, channel layer and files.
DATABASES = {"default": environment.database(env.str("DATABASE_URL", ""), VAR, env.str("DATABASE_PASSWORD", ""))}
REDIS_URLS = environment.with_password(env.list("REDIS_URL", []), env.str("REDIS_PASSWORD", ""))
CHANNEL_LAYERS = {"default": environment.channel_layer(REDIS_URLS)}
CACHES = {"rates": environment.counts(REDIS_URLS), "default": environment.counts([])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "accounts.sessions"
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.one_sheet.OneSheetStorage"},
}
FILE_UPLOAD_TEMP_DIR = MEDIA_ROOT = UPLOADS
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024**2  # bytes of any other request
UPLOAD_LIMITS = {  # bytes of the files in one form, by address; client_max_body_size in deploy/nginx.conf is 1 MB more
    r"/(shop/)?imports/": 200 * 1024**2,
    r"/(rooms|embed)/[^/]+/files/": 50 * 1024**2,
    r"/notes/[^/]+/image/": 10 * 1024**2,
}
PARLOUR = environment.engine(env)
ROOMS_COUNTED_BESIDE = 30  # other rooms whose unread messages the list beside a conversation counts
ROOMS_POST_RATE: str = env.str("ROOMS_POST_RATE", "10/40", validate=environment.RATE)
# messages of one person: a second / at once

# Background jobs: by Celery's workers where there is a broker, else by threads of the web process.
JOB_THREADS: int = env.int("JOB_THREADS", 2, validate=validate.Range(1, 64))  # jobs at a time, of each worker
CELERY_BROKER_URL: str = REDIS_URLS[0] if REDIS_URLS else ""
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 10}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_POOL = "threads"  # a job is alive as long as its process is
CELERY_WORKER_CONCURRENCY = JOB_THREADS
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {"celery": {}, "jobs": {}}  # tasks of your own, jobs
if CELERY_BROKER_URL:
    from config import celery as celery  # the application to which every @shared_task then belongs

# Mail, and where the links in it lead. Without a server for it, a site on this machine alone writes it to its log.
SITE_URL: str = env.str("SITE_URL", "") or environment.site_url(HOST, PORT, HTTPS, ALLOWED_HOSTS)
EMAIL_HOST: str = env.str("EMAIL_HOST", "")
EMAIL_PORT: int = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER: str = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD: str = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL: bool = env.bool("EMAIL_USE_SSL", False)
EMAIL_USE_TLS: bool = env.bool("EMAIL_USE_TLS", bool(EMAIL_HOST) and not EMAIL_USE_SSL)
EMAIL_TIMEOUT = 10
_sends = "smtp" if EMAIL_HOST else "console" if LOCAL and not HTTPS else "dummy"
EMAIL_BACKEND: str = env.str("EMAIL_BACKEND", f"django.core.mail.backends.{_sends}.EmailBackend")
ANYMAIL: Any = env.json("ANYMAIL", {})
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", environment.sender(SITE_URL))

# What is sent to addresses that people type: not into networks that are not public, but for these hosts.
WEBHOOK_HOSTS_ALLOWED: list[str] = env.list("WEBHOOK_HOSTS_ALLOWED", [], validate=environment.are_hosts)

# People.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.Backend"]
AUTH_PASSWORD_VALIDATORS = [  # at least 8 characters, not the name, not one of the common ones
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword")
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
AXES_HANDLER = "accounts.axes_handler.BareHandler"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "accounts.views.too_many_tries"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# Language and time.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "site" / "locale"]
USE_TZ = True
TIME_ZONE: str = env.str("TIME_ZONE", "UTC", validate=environment.ZONE)

# Security. Django itself adds SameSite=Lax, nosniff, no frames, a referrer for our own pages alone.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
CSRF_FAILURE_VIEW = "config.pages.csrf_failure"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SECURE = HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 3600, validate=validate.Range(0))
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", False)
    SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", False)
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # they ask for both, which bind hosts that are not ours

# Seeing what goes on.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", "")
LOG_FORMAT: str = env.str("LOG_FORMAT", "text", validate=validate.OneOf(["text", "json"]))
level: int = env.log_level("LOG_LEVEL", 0)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.formatter", "form": LOG_FORMAT}},
    "filters": {"client_errors": {"()": "config.logs.ClientErrors"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["client_errors"]}},
    "root": {"handlers": ["stderr"], "level": level or "WARNING"},
    "loggers": {
        name: {"handlers": ["stderr"], "level": least, "propagate": False}
        for name, least in {
            "django": "WARNING",
            "django.server": "INFO",
            "parlour": level or "INFO",
            "uvicorn": "WARNING",  # its own handlers would write tracebacks whole
        }.items()
    },
}

if SENTRY_DSN := env.str("SENTRY_DSN", ""):
    from config import sentry

    sentry.start(SENTRY_DSN)
