# Polls and tasks are kept in another database than users, heads and alerts.
DATABASES["other"] = {**DATABASES["default"], "NAME": BASE_DIR / "other.sqlite3"}
DATABASE_ROUTERS = ["project.router.Router"]
