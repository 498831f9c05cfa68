"""Addresses of the API, below "api/"."""

from django.urls import path, re_path

from api import views
from api.endpoint import endpoint

app_name = "api"
urlpatterns = [
    path("rooms/", endpoint(GET=("read", views.rooms)), name="rooms"),
    path("search/", endpoint(GET=("read", views.search_messages)), name="search"),
    path("rooms/<slug:slug>/messages/", endpoint(GET=("read", views.read), POST=("post", views.post)), name="messages"),
    path("rooms/<slug:slug>/files/<int:pk>/", endpoint(GET=("read", views.file)), name="file"),
    path("rooms/<slug:slug>/hook/", endpoint(POST=("post", views.post)), name="hook"),
    path("roles/<str:role>/notify/", endpoint(POST=("notify", views.notify_role)), name="notify"),
    path(
        "widgets/<str:widget>/people/<path:subject>/notify/",
        endpoint(POST=("notify", views.notify_visitor)),
        name="notify_visitor",
    ),
    path("ticket/", endpoint(POST=("read", views.ticket)), name="ticket"),
    re_path("", endpoint()),
]
