"""Addresses of notes, and of their sockets."""

from django.urls import path

from notes import views
from notes.live import NoteConsumer

app_name = "notes"
urlpatterns = [
    path("", views.home, name="home"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.note, name="note"),
    path("<int:pk>/panel/", NoteConsumer.as_panel(), name="panel"),
    path("<int:pk>/do/", views.do, name="do"),
    path("<int:pk>/image/", views.image, name="image"),
    path("<int:pk>/blocks/<int:block>/", views.history, name="history"),
    path("<int:pk>/deleted/", views.deleted, name="deleted"),
    path("<int:pk>/settings/", views.settings, name="settings"),
    path("<int:pk>/import/", views.import_markdown, name="import"),
    path("<int:pk>/export.md", views.export, {"ending": "md"}, name="export_markdown"),
    path("<int:pk>/export.html", views.export, {"ending": "html"}, name="export_html"),
]
websocket_urlpatterns = [path("ws/notes/<int:pk>/", NoteConsumer.as_asgi())]
