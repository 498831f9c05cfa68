"""Addresses of the site's pages around its rooms, and of their sockets."""

from django.urls import path

from chat import export_views, membership_views, moderation_views, people, search, settings_views, views
from chat.echo import EchoConsumer
from chat.importing import views as imports
from chat.rooms_list import RoomListConsumer

app_name = "chat"
urlpatterns = [
    path("", views.home, name="home"),
    path("panel/<int:page>/", RoomListConsumer.as_panel(), name="home_panel"),
    path("echo/", views.echo, name="echo"),
    path("echo/panel/", EchoConsumer.as_panel(), name="echo_panel"),
    path("beside/", views.beside, name="beside"),
    path("people/<int:pk>/", people.person_page, name="person"),
    path("people/<int:pk>/write/", people.write, name="write"),
    path("conversations/new/", people.converse, name="converse"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:pk>/", imports.show, name="import"),
    path("search/", search.search_page, name="search"),
    path("rooms/new/", settings_views.create, name="create"),
    path("rooms/<slug:slug>/settings/", settings_views.settings, name="settings"),
    path("rooms/<slug:slug>/members/", settings_views.members, name="members"),
    path("rooms/<slug:slug>/alerts/", settings_views.notification_level, name="notification_level"),
    path("rooms/<slug:slug>/export.html", export_views.exported, {"ending": "html"}, name="export_html"),
    path("rooms/<slug:slug>/export.json", export_views.exported, {"ending": "json"}, name="export_json"),
    path("rooms/<slug:slug>/delete/", settings_views.delete, name="delete"),
    path("rooms/<slug:slug>/invitations/", membership_views.invitations, name="invitations"),
    path("rooms/<slug:slug>/invitations/<int:pk>/qr.svg", membership_views.qr, name="qr"),
    path("rooms/<slug:slug>/ask/", membership_views.ask, name="ask"),
    path("rooms/<slug:slug>/leave/", membership_views.leave, name="leave"),
    path("rooms/<slug:slug>/moderation/", moderation_views.room, name="moderation"),
    path("rooms/<slug:slug>/hand-over/", moderation_views.hand_over, name="hand_over"),
    path("rooms/<slug:slug>/archive/", moderation_views.archive, name="archive"),
    path("invite/<slug:token>/", membership_views.invitation, name="invitation"),
    path("moderation/", moderation_views.everywhere, name="moderation_everywhere"),
    path("archived/", moderation_views.archived, name="archived"),
]
websocket_urlpatterns = [
    path("ws/echo/", EchoConsumer.as_asgi()),
    path("ws/home/<int:page>/", RoomListConsumer.as_asgi()),
]
