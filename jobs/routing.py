"""Addresses of the sockets."""

from django.urls import path

from jobs.streams import JobConsumer

websocket_urlpatterns = [path("ws/alerts/jobs/<int:pk>/", JobConsumer.as_asgi())]
