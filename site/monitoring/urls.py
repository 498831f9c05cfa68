"""Addresses of the pages."""

from django.urls import path

from monitoring import views

app_name = "monitoring"
urlpatterns = [
    path("", views.status, name="status"),
    path("jobs/", views.act, name="act"),
    path("processes/<int:pk>/dismiss/", views.dismiss, name="dismiss"),
]
