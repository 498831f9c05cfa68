"""Addresses of the pages."""

from django.urls import path

from rooms import managing, views
from rooms.consumers import RoomConsumer
from rooms.echo import EchoConsumer

app_name = "rooms"
urlpatterns = [
    path("", views.home, name="home"),
    path("echo/", views.echo, name="echo"),
    path("echo/panel/", EchoConsumer.as_panel(), name="echo_panel"),
    path("rooms/new/", managing.create, name="create"),
    path("rooms/<slug:slug>/", views.room, name="room"),
    path("rooms/<slug:slug>/panel/", RoomConsumer.as_panel(), name="panel"),
    path("rooms/<slug:slug>/older/", views.older, name="older"),
    path("rooms/<slug:slug>/messages/", views.messages, name="messages"),
    path("rooms/<slug:slug>/lines/", views.lines, name="lines"),
    path("rooms/<slug:slug>/settings/", managing.settings, name="settings"),
    path("rooms/<slug:slug>/members/", managing.members, name="members"),
    path("rooms/<slug:slug>/alerts/", managing.attention, name="attention"),
    path("rooms/<slug:slug>/delete/", managing.delete, name="delete"),
]
