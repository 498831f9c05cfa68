"""Many at once: nobody misses one, nobody waits for another."""

import re
import threading
from collections.abc import Callable

import pytest

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.room_socket import RoomSocket

pytestmark = pytest.mark.faults
UNBOUNDED = {"ROOMS_POST_RATE": "100000/100000", "PARLOUR_FRAME_RATE": "100000/100000"}
Deploy = Callable[..., Deployment]


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_a_thousand_messages_reach_twenty_sockets_in_order(new_deployment: Deploy, kind: str) -> None:
    deployment = new_deployment(**UNBOUNDED)
    server = deployment.start_server(kind)
    reader, writer = HttpClient(server.url).sign_in("other"), HttpClient(server.url).sign_in("member")
    readers = [RoomSocket(reader, "lobby").hello() for _ in range(20)]
    rooms = [RoomSocket(writer, "lobby").hello() for _ in range(10)]
    listening = _listen(readers, lambda room: len(_bursts(room)) >= 1000)
    for number in range(100):
        for each, room in enumerate(rooms):
            room.send(
                kind="say",
                text=f"burst {number:03}-{each}",
                page=room.fields("sent")["page"],
                acked=str(number),
            )
    listening()
    rows = deployment.rows("SELECT text FROM parlour_rooms_message WHERE text LIKE %s ORDER BY seq", "burst %")
    stored = [text for (text,) in rows]
    assert len(set(stored)) == 1000
    for room in readers:
        assert _bursts(room) == stored


def _listen(rooms: list[RoomSocket], enough: Callable[[RoomSocket], bool]) -> Callable[[], None]:
    """Read on all sockets at once; call what is returned to wait until each has heard enough."""
    threads = [threading.Thread(target=room.read, args=(120, enough)) for room in rooms]
    for each in threads:
        each.start()

    def heard() -> None:
        for each in threads:
            each.join()

    return heard


def _bursts(room: RoomSocket) -> list[str]:
    return re.findall(r">(burst \d+-\d)<", "".join(room.frames))
