"""Addresses of the sockets."""

from django.urls import path

from rooms.consumers import RoomConsumer
from rooms.echo import EchoConsumer

websocket_urlpatterns = [
    path("ws/echo/", EchoConsumer.as_asgi()),
    path("ws/rooms/<str:slug>/", RoomConsumer.as_asgi()),
]
