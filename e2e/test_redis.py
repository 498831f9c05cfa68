"""Hints get lost, Redis dies, Redis freezes: pages are late at most, never wrong."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.lossy_redis import LossyRedis
from .support.people import Person
from .support.redis import Redis
from .support.room_socket import RoomSocket
from .support.waiting import pause

Invite = Callable[..., Person]
Record = Callable[[str, object], None]
LATEST = "the latest text after {:.1f} s"
pytestmark = pytest.mark.faults
LATE = 5.0  # seconds by which a page may be late while hints are lost


def test_with_a_third_of_the_hints_lost_nothing_is_missing(
    new_deployment: Callable[..., Deployment], redis: Redis, record_property: Record
) -> None:
    lossy = LossyRedis(redis.port, share=0.3)
    deployment = new_deployment(postgres=True, redis_url=redis.url(lossy.port))
    deployment.start_server("uvicorn")
    deployment.start_server("uvicorn")
    conversation = Conversation(deployment)
    for _ in range(40):
        conversation.goes_on()
        pause(0.25)
    record_property(LATEST, conversation.comes_to_rest())
    lossy.close()
    assert lossy.lost > 10
    assert lossy.carried > 10


def test_redis_killed_for_ten_seconds(
    cluster: Deployment, redis: Redis, person: Invite, record_property: Record
) -> None:
    watcher = person(cluster.servers[1]).sign_in("staff").open_room("lobby")
    conversation = Conversation(cluster)
    conversation.goes_on_for(2)
    redis.kill()
    conversation.goes_on_for(10)
    redis.start()
    conversation.goes_on_for(3)
    record_property(LATEST, conversation.comes_to_rest())
    watcher.sees_in_order(conversation.said, within=LATE).equals_a_fresh_page()
    assert not [line for line in watcher.requests if "/panel/" in line]


def test_redis_frozen_for_eight_seconds(cluster: Deployment, redis: Redis, record_property: Record) -> None:
    conversation = Conversation(cluster)
    conversation.goes_on_for(2)
    redis.freeze()
    conversation.goes_on_for(8)
    redis.thaw()
    conversation.goes_on_for(3)
    record_property(LATEST, conversation.comes_to_rest())


@pytest.mark.parametrize("dead", [0, 1])
def test_four_processes_on_two_redis_lose_one_of_each_kind_and_nothing_else(
    new_deployment: Callable[..., Deployment], redis: Redis, tmp_path: Path, dead: int
) -> None:
    (tmp_path / "second").mkdir()
    shards = [redis, Redis(tmp_path / "second")]
    deployment = new_deployment(postgres=True, redis_url=",".join(each.url() for each in shards))
    for kind in ("uvicorn", "daphne", "uvicorn", "daphne"):
        deployment.start_server(kind)
    conversation = Conversation(deployment)  # at the first two
    conversation.goes_on_for(2)
    assert conversation.latest < LATE
    shards[dead].kill()
    conversation.goes_on_for(3)
    for server in deployment.servers[2:]:
        client = HttpClient(server.url).sign_in("staff")
        room = RoomSocket(client, "lobby").hello()
        assert client.post(_messages_path(room), {"text": f"at {server.kind}", "page": "", "acked": "0"}).status == 302
        conversation.rooms[0].waits_for(f"at {server.kind}", within=LATE)
        server.kill()
        conversation.goes_on_for(3)
    shards[dead].start()
    conversation.goes_on_for(2)
    conversation.comes_to_rest()
    shards[1].kill()


class Conversation:
    """Two people, one at each process, in turns by socket and by form; every answer is timed."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.said: list[str] = []
        self.slowest_answer = self.latest = 0.0
        here, there = deployment.servers[:2]
        self.rooms = [
            RoomSocket(HttpClient(here.url).sign_in("member"), "lobby").hello(),
            RoomSocket(HttpClient(there.url).sign_in("other"), "lobby").hello(),
        ]
        self.forms = [_messages_path(room) for room in self.rooms]

    def goes_on_for(self, seconds: float) -> None:
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            self.goes_on()
            pause(0.2)

    def goes_on(self) -> None:
        """One more text, from the other side; both hear it in time, the speaker at once."""
        turn = len(self.said)
        speaker, listener = self.rooms[turn % 2], self.rooms[1 - turn % 2]
        text = f"turn {turn}"
        self.said.append(text)
        started = time.monotonic()
        if turn % 4 < 2:
            speaker.say(text)
        else:
            answer = speaker.client.post(self.forms[turn % 2], {"text": text, "page": "", "acked": "0"})
            assert answer.status == 302, f"{answer.status} {answer.text[:300]}"
            self.slowest_answer = max(self.slowest_answer, time.monotonic() - started)
        speaker.waits_for(text, within=2)
        listener.waits_for(text, within=LATE)
        self.latest = max(self.latest, time.monotonic() - started)

    def comes_to_rest(self) -> float:
        """All sockets still stand, all is stored once and shown in order, every answer came within 2 s.

        The seconds after which the latest text was there.
        """
        for room in self.rooms:
            room.waits_for(self.said[-1], within=LATE)
            assert [text for text in room.texts if text in self.said] == self.said
        rows = [text for (text,) in self.deployment.rows("SELECT text FROM parlour_rooms_message ORDER BY seq")]
        assert [text for text in rows if text in self.said] == self.said
        assert self.slowest_answer < 2
        return self.latest


def _messages_path(room: RoomSocket) -> str:
    actions = [form.attrs.get("action", "") for form in room.page.find("form")]
    return next(action for action in actions if action.endswith("/messages/"))
