"""The addresses: `/de/page/` names its language, `/page/` and those of the alerts do not."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

page = path("page/", TemplateView.as_view(template_name="base.html"))
urlpatterns = [
    path("admin/", admin.site.urls),
    path("alerts/jobs/", include("jobs.urls")),
    path("alerts/", include("alerts.urls")),
    page,
    *i18n_patterns(page),
]
