"""The addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from config import health

handler400 = "config.pages.bad_request"
handler403 = "config.pages.forbidden"
handler404 = "config.pages.not_found"
handler500 = "config.pages.server_error"

urlpatterns = [
    path("", include("chat.urls")),  # these two are asked for most
    path("", include("parlour.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("api/", include("api.urls")),
    path("shop/", include("shop.urls")),
    path("widgets/", include("widgets.urls")),
    path("embed/", include("widgets.embed_urls")),
    path("status/", include("monitoring.urls")),
    path("webhooks/", include("webhooks.urls")),
    path("notes/", include("notes.urls")),
]
