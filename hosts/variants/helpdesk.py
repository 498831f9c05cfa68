# A real application, django-helpdesk, with Bootstrap and jQuery on its pages: our bell and a live list of its tickets.
INSTALLED_APPS += ["desk", "helpdesk", "rest_framework", "django.contrib.sites"]
SITE_ID = 1
HELPDESK_USE_CDN = False
MEDIA_ROOT = BASE_DIR / "media"
HELPDESK_TEAMS_MODEL = "auth.User"
HELPDESK_TEAMS_MIGRATION_DEPENDENCIES = []
HELPDESK_KBITEM_TEAM_GETTER = lambda _: None  # noqa: E731
