"""Addresses of the sockets."""

from django.urls import path

from shop.consumers import MyOrdersConsumer, OrdersConsumer

websocket_urlpatterns = [
    path("ws/shop/mine/", MyOrdersConsumer.as_asgi()),
    path("ws/shop/orders/", OrdersConsumer.as_asgi()),
]
