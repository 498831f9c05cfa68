"""Addresses of the pages."""

from django.urls import path

from alerts import feed, views
from alerts.consumers import AlertsConsumer

app_name = "parlour_alerts"
urlpatterns = [
    path("", views.everything, name="all"),
    path("lines/", views.lines, name="lines"),
    path("panel/", AlertsConsumer.as_panel(), name="panel"),
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/personal/", views.personal, name="personal"),
    path("read/", views.read_all, name="read_all"),
    path("undo/", views.undo, name="undo"),
    path("feed/", feed.alerts_feed, name="feed"),
    path("unsubscribe/", views.unsubscribe, name="unsubscribe"),
    path("<int:pk>/", views.follow, name="follow"),
    path("<int:pk>/read/", views.read, name="read"),
    path("<int:pk>/unread/", views.unread, name="unread"),
    path("<int:pk>/archive/", views.archive, name="archive"),
]
