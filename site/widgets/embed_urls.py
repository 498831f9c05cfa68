"""Addresses that other sites frame, below "embed/"."""

from django.urls import path, re_path

from widgets import embed_views, framing

app_name = "embed"
urlpatterns = [
    path("<str:public_id>/", embed_views.page, name="page"),
    re_path(r"", framing.refuse),
]
