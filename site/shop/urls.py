"""Addresses of pages and sockets."""

from django.urls import path

from shop import views
from shop.consumers import MyOrdersConsumer, OrdersConsumer
from shop.imports import views as imports

app_name = "shop"
urlpatterns = [
    path("", views.home, name="home"),
    path("panel/", MyOrdersConsumer.as_panel(), name="mine_panel"),
    path("mine/", views.mine, name="mine"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:pk>/", imports.show, name="import"),
    path("imports/<int:pk>/rejected.csv", imports.rejected, name="rejected"),
    path("orders/", views.orders, name="orders"),
    path("orders/panel/", OrdersConsumer.as_panel(), name="orders_panel"),
    path("orders/<int:pk>/", views.order, name="order"),
    path("orders/<int:pk>/<slug:name>/", views.transition, name="transition"),
]
websocket_urlpatterns = [
    path("ws/shop/mine/", MyOrdersConsumer.as_asgi()),
    path("ws/shop/orders/", OrdersConsumer.as_asgi()),
]
