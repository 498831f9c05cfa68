"""Addresses of the API, below "api/"."""

from django.urls import path, re_path

from accounts.models import ApiToken
from api import views
from api.endpoint import endpoint

READ, POST, NOTIFY = ApiToken.Scope.READ, ApiToken.Scope.POST, ApiToken.Scope.NOTIFY

app_name = "api"
urlpatterns = [
    path("rooms/", endpoint(GET=(READ, views.rooms)), name="rooms"),
    path(
        "rooms/<slug:slug>/messages/",
        endpoint(GET=(READ, views.messages), POST=(POST, views.post_message)),
        name="messages",
    ),
    path("rooms/<slug:slug>/hook/", endpoint(POST=(POST, views.hook)), name="hook"),
    path("roles/<str:role>/notify/", endpoint(POST=(NOTIFY, views.notify_role)), name="notify"),
    path("ticket/", endpoint(POST=(READ, views.ticket)), name="ticket"),
    re_path("", endpoint()),
]
