"""Addresses of pages."""

from django.urls import path

from shop import views
from shop.imports import views as imports

app_name = "shop"
urlpatterns = [
    path("", views.home, name="home"),
    path("mine/", views.mine, name="mine"),
    path("imports/", imports.imports, name="imports"),
    path("imports/sample.csv", views.sample, name="sample"),
    path("imports/<int:pk>/", imports.show, name="import"),
    path("imports/<int:pk>/rejected.csv", imports.rejected, name="rejected"),
    path("orders/", views.orders, name="orders"),
    path("orders/<int:pk>/", views.order, name="order"),
    path("orders/<int:pk>/<slug:name>/", views.transition, name="transition"),
]
