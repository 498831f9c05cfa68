"""Addresses of the sockets."""

from django.urls import path

from alerts.consumers import AlertsConsumer
from alerts.jobs.consumers import JobConsumer

websocket_urlpatterns = [
    path("ws/alerts/", AlertsConsumer.as_asgi()),
    path("ws/alerts/jobs/<int:pk>/", JobConsumer.as_asgi()),
]
