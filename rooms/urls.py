"""Addresses of the pages, below "rooms/"."""

from django.urls import path, re_path

from rooms import file_views, views
from rooms.consumers import RoomConsumer

app_name = "parlour_rooms"
urlpatterns = [
    re_path(r"^mine/(?P<pk>[\w-]{1,40})\.css$", views.mine_css, name="mine_css"),
    path("<slug:slug>/", views.room, name="room"),
    path("<slug:slug>/panel/", RoomConsumer.as_panel(), name="panel"),
    path("<slug:slug>/older/", views.older, name="older"),
    path("<slug:slug>/later/", views.later, name="later"),
    path("<slug:slug>/read/", views.read, name="read"),
    path("<slug:slug>/messages/", views.messages, name="messages"),
    path("<slug:slug>/files/", file_views.files, name="files"),
    path("<slug:slug>/files/<int:pk>/", file_views.file, name="file"),
    path("<slug:slug>/files/<int:pk>/small/", file_views.file, {"small": True}, name="thumbnail"),
    path("<slug:slug>/pasted/", views.pasted, name="pasted"),
    path("<slug:slug>/lines/", views.lines, name="lines"),
    path("<slug:slug>/actions/", views.actions, name="actions"),
    path("<slug:slug>/actions/<int:pk>/", views.menu, name="menu"),
]
