"""Sockets find their application by their address."""

import pytest
from channels.routing import URLRouter
from channels.testing import ApplicationCommunicator
from django.urls import path, re_path

from parlour.urls import SocketRouter


async def shows(scope, receive, send):
    route = scope["url_route"]
    await send({"type": "seen", "args": route["args"], "kwargs": route["kwargs"]})


router = SocketRouter(
    [
        path("ws/rooms/<slug:slug>/", shows, {"kind": "room"}),
        path("ws/more/", URLRouter([path("<int:number>/", shows)])),
        re_path(r"^ws/more/(\w+)/$", shows),
    ]
)


@pytest.mark.parametrize(
    ("address", "args", "kwargs"),
    [
        ("/ws/rooms/lobby/", (), {"slug": "lobby", "kind": "room"}),
        ("/ws/more/5/", (), {"number": 5}),
        ("/ws/more/five/", ("five",), {}),
    ],
)
async def test_a_socket_reaches_the_first_application_that_its_address_fits(address, args, kwargs):
    page = ApplicationCommunicator(router, {"type": "websocket", "path": address})
    assert await page.receive_output() == {"type": "seen", "args": args, "kwargs": kwargs}


@pytest.mark.parametrize("address", ["/", "/ws/rooms/", "/ws/rooms/a/b/", "/ws/moreover/"])
async def test_a_socket_at_an_unknown_address_is_refused(address):
    page = ApplicationCommunicator(router, {"type": "websocket", "path": address})
    await page.send_input({"type": "websocket.connect"})
    assert await page.receive_output() == {"type": "websocket.close"}
