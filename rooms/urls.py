"""Addresses of the pages."""

from django.urls import path

from rooms import settings_views, views
from rooms.consumers import RoomConsumer
from rooms.echo import EchoConsumer

app_name = "rooms"
urlpatterns = [
    path("", views.home, name="home"),
    path("echo/", views.echo, name="echo"),
    path("echo/panel/", EchoConsumer.as_panel(), name="echo_panel"),
    path("rooms/new/", settings_views.create, name="create"),
    path("rooms/<slug:slug>/", views.room, name="room"),
    path("rooms/<slug:slug>/panel/", RoomConsumer.as_panel(), name="panel"),
    path("rooms/<slug:slug>/older/", views.older, name="older"),
    path("rooms/<slug:slug>/messages/", views.messages, name="messages"),
    path("rooms/<slug:slug>/lines/", views.lines, name="lines"),
    path("rooms/<slug:slug>/settings/", settings_views.settings, name="settings"),
    path("rooms/<slug:slug>/members/", settings_views.members, name="members"),
    path("rooms/<slug:slug>/alerts/", settings_views.notification_level, name="notification_level"),
    path("rooms/<slug:slug>/delete/", settings_views.delete, name="delete"),
]
