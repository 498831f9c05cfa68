"""Addresses of the sockets."""

from django.urls import path

from shop.consumers import MineConsumer, OrdersConsumer

websocket_urlpatterns = [
    path("ws/shop/mine/", MineConsumer.as_asgi()),
    path("ws/shop/orders/", OrdersConsumer.as_asgi()),
]
