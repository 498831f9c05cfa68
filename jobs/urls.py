"""Addresses of the pages."""

from django.urls import path

from jobs import views
from jobs.streams import JobConsumer

app_name = "parlour_jobs"
urlpatterns = [
    path("<int:pk>/", views.show, name="job"),
    path("<int:pk>/panel/", JobConsumer.as_panel(), name="panel"),
    path("<int:pk>/<slug:action>/", views.act, name="act"),
]
