"""Addresses that other sites frame, below "embed/", and those of their sockets."""

from django.urls import path, re_path

from widgets import embed_views, framing
from widgets.bell import BellConsumer
from widgets.consumers import WidgetConsumer

app_name = "embed"
urlpatterns = [
    path("<slug:public_id>/", embed_views.page, name="page"),
    path("<slug:public_id>/name/", embed_views.name, name="name"),
    path("<slug:public_id>/messages/", embed_views.messages, name="messages"),
    path("<slug:public_id>/panel/", embed_views.panel, name="panel"),
    path("<slug:public_id>/older/", embed_views.older, name="older"),
    path("<slug:public_id>/lines/", embed_views.lines, name="lines"),
    path("<slug:public_id>/actions/", embed_views.actions, name="actions"),
    path("<slug:public_id>/actions/<int:pk>/", embed_views.menu, name="menu"),
    path("<slug:public_id>/pasted/", embed_views.pasted, name="pasted"),
    path("<slug:public_id>/files/", embed_views.files, name="files"),
    path("<slug:public_id>/files/<int:pk>/<str:signature>/", embed_views.file, name="file"),
    path("<slug:public_id>/files/<int:pk>/<str:signature>/small/", embed_views.file, {"small": True}),
    path("<slug:public_id>/read/", embed_views.read, name="read"),
    re_path(r"", framing.refuse),
]
websocket_urlpatterns = [
    path("ws/embed/<slug:public_id>/", WidgetConsumer.as_asgi()),
    path("ws/embed/<slug:public_id>/bell/", BellConsumer.as_asgi()),
]
