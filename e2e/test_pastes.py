"""What is pasted and too long comes back through the socket it came by."""

from collections.abc import Callable

import pytest

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.room_socket import RoomSocket

PASTE = ('{"a":"b"}' * 66_667)[:600_000]


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_page_whose_large_paste_is_refused_stays_connected(
    new_deployment: Callable[..., Deployment], kind: str
) -> None:
    room = RoomSocket(HttpClient(new_deployment().start_server(kind).url).sign_in("member"), "lobby")
    room.hello(page="0123456789abcdef", acked="0", text=PASTE)
    assert "Not sent." in "".join(room.frames)
    assert max(len(frame.encode()) for frame in room.frames) < 2**20
    room.send(kind="say", page="0123456789abcdef", acked="1", text="after the paste")
    room.hears("after the paste")
