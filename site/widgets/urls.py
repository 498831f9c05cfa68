"""Addresses of the pages for staff, below "widgets/"."""

from django.urls import path

from widgets import staff_views

app_name = "widgets"
urlpatterns = [
    path("", staff_views.index, name="index"),
    path("new/", staff_views.edit, name="new"),
    path("<int:pk>/", staff_views.overview, name="widget"),
    path("<int:pk>/settings/", staff_views.edit, name="settings"),
    path("<int:pk>/switch/", staff_views.switch, name="switch"),
    path("<int:pk>/end/", staff_views.end_sessions, name="end"),
    path("<int:pk>/delete/", staff_views.delete, name="delete"),
    path("visitors/<int:number>/", staff_views.visitor, name="visitor"),
    path("<int:pk>/keys/", staff_views.make_key, name="make_key"),
    path("<int:pk>/keys/<int:key>/", staff_views.revoke_key, name="revoke_key"),
]
