"""Addresses of the pages."""

from django.urls import path

from webhooks.views import webhooks

app_name = "webhooks"
urlpatterns = [
    path("", webhooks, name="list"),
    path("new/", webhooks, {"template": "webhooks/form.html"}, name="new"),
    path("<int:pk>/", webhooks, {"template": "webhooks/form.html"}, name="change"),
]
