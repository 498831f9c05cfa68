# Everything below /app/.
FORCE_SCRIPT_NAME = "/app"
STATIC_URL = "/app/static/"
