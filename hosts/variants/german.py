# German and English, as the reader's browser asks; Kim's asks for German.
from django.utils.translation import gettext_lazy

LANGUAGES = [("en", gettext_lazy("English")), ("de", gettext_lazy("German"))]
MIDDLEWARE.insert(
    MIDDLEWARE.index("django.middleware.common.CommonMiddleware"), "django.middleware.locale.LocaleMiddleware"
)
