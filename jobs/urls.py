"""Addresses of pages and sockets."""

from django.urls import path

from jobs import views
from jobs.streams import JobConsumer

app_name = "jobs"
urlpatterns = [
    path("<int:pk>/", views.show, name="job"),
    path("<int:pk>/panel/", JobConsumer.as_panel(), name="panel"),
    path("<int:pk>/<slug:action>/", views.act, name="act"),
]
websocket_urlpatterns = [path("ws/alerts/jobs/<int:pk>/", JobConsumer.as_asgi())]
