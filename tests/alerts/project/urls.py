"""The addresses: `/pages/` has the language in its address, `/alerts/` has not."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("alerts/jobs/", include("jobs.urls")),
    path("alerts/", include("alerts.urls")),
    *i18n_patterns(path("page/", TemplateView.as_view(template_name="base.html")), prefix_default_language=False),
]
