"""Addresses of the pages."""

from django.urls import path

from webhooks.views import webhooks

app_name = "webhooks"
urlpatterns = [
    path("", webhooks, name="list"),
    path("new/", webhooks, {"template": "webhooks/new.html"}, name="new"),
]
