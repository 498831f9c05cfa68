"""Addresses of the pages for staff, below "widgets/"."""

from django.urls import path

from widgets import staff_views

app_name = "widgets"
urlpatterns = [
    path("", staff_views.index, name="index"),
    path("new/", staff_views.edit, name="new"),
    path("<int:pk>/", staff_views.overview, name="widget"),
    path("<int:pk>/settings/", staff_views.edit, name="settings"),
    path("<int:pk>/delete/", staff_views.delete, name="delete"),
    path("visitors/<int:number>/", staff_views.visitor, name="visitor"),
]
