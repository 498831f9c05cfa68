"""Addresses of the sockets."""

from django.urls import re_path

from alerts.consumers import AlertsConsumer

websocket_urlpatterns = [
    re_path(r"^(?:.*/)?ws/alerts/$", AlertsConsumer.as_asgi()),  # below a subpath too
]
