"""What strangers, full disks and lost databases do to a server, and what other people notice, on both servers."""

import os
import resource
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from .support import forms
from .support.deployments import Builder, Deployment
from .support.http_client import HttpClient
from .support.room_socket import RoomSocket, dial
from .support.waiting import eventually

NewDeployment = Callable[..., Deployment]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]
SERVERS = ["daphne", "uvicorn"]
TEN_THOUSAND_ROOMS = """
from rooms.models import Message, Room
from accounts.models import User
from django.utils import timezone
ann = User.objects.get(username="staff")
Room.objects.bulk_create(Room(title=f"Room number {n}", slug=f"room-number-{n}", owner=ann) for n in range(10_000))
rooms = Room.objects.filter(title__startswith="Room number")
Message.objects.bulk_create(
    Message(room=room, author=ann, text="word " * 60, html="<p>x</p>", created=timezone.now(), seq=1, changed=1)
    for room in rooms
)
"""


@pytest.mark.parametrize("kind", SERVERS)
def test_an_authors_order_is_kept_while_the_disk_is_full(
    kind: str, new_deployment: NewDeployment, http_client: Callable[..., HttpClient]
) -> None:
    """The file that the database writes to may grow no further, so that short texts fit and a long one does not."""
    deployment = new_deployment(ROOMS_POST_RATE="1000/1000")
    server = deployment.start_server(kind)
    ann = RoomSocket(http_client(server).sign_in("member"), "lobby").hello()
    ann.say("before")
    ann.waits_for("before")
    texts = [f"{n} {'long ' * 700 if n % 3 == 0 else 'short'}".strip() for n in range(30)]
    journal = deployment.var / "parlour.sqlite3-wal"
    limit = resource.RLIMIT_FSIZE
    resource.prlimit(server.process.pid, limit, (journal.stat().st_size + 60_000, resource.RLIM_INFINITY))
    failed = 0
    for n, text in enumerate(texts):
        ann.say(text)
        if n % 5 == 4 and failed < 4:
            try:
                ann.waits_for(text, within=2)
            except AssertionError:
                failed += 1
                ann.come_back()
    resource.prlimit(server.process.pid, limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    ann.come_back()
    ann.waits_for(texts[-1])
    stored = [text for (text,) in deployment.rows("SELECT text FROM parlour_rooms_message ORDER BY seq")]
    assert [text for text in stored if text in texts] == texts
    assert failed, "the disk was never full"


@pytest.mark.parametrize("kind", SERVERS)
def test_rights_that_are_taken_without_a_signal_end_within_35_seconds(
    kind: str,
    new_deployment: NewDeployment,
    http_client: Callable[..., HttpClient],
    record_property: Callable[..., None],
) -> None:
    deployment = new_deployment()
    server = deployment.start_server(kind)
    member = [RoomSocket(http_client(server).sign_in("member"), "team").hello() for _ in range(2)]
    other = RoomSocket(http_client(server).sign_in("other"), "lobby").hello()
    stays = RoomSocket(http_client(server).sign_in("staff"), "team").hello()
    with sqlite3.connect(deployment.var / "parlour.sqlite3", timeout=10) as past_the_product:
        member_pk = "(SELECT id FROM accounts_user WHERE username = 'member')"
        past_the_product.execute(f"DELETE FROM parlour_rooms_membership WHERE person_id = {member_pk}")
        past_the_product.execute("UPDATE accounts_user SET is_active = 0 WHERE username = 'other'")
    started = time.monotonic()
    assert [each.closed(within=40) for each in (*member, other)] == [4004, 4004, 4001]
    seconds = time.monotonic() - started
    record_property("gone after {:.1f} s", seconds)
    assert seconds < 35
    stays.say("still here")
    stays.waits_for("still here")


@pytest.mark.parametrize("kind", SERVERS)
def test_ten_thousand_rooms_are_a_first_page_of_60_kb_in_50_ms(
    kind: str,
    new_deployment: NewDeployment,
    http_client: Callable[..., HttpClient],
    record_property: Callable[..., None],
) -> None:
    deployment = new_deployment()
    deployment.manage("shell", "-v0", "-c", TEN_THOUSAND_ROOMS)
    server = deployment.start_server(kind)
    for who in ("nobody", "member"):
        somebody = http_client(server) if who == "nobody" else http_client(server).sign_in(who)
        cost, page = 1000.0, somebody.get("/")
        for _ in range(5):  # the best of five: others work on this machine too
            before = _seconds_of_processor(server.process.pid)
            for _ in range(10):
                page = somebody.get("/")
            cost = min(cost, (_seconds_of_processor(server.process.pid) - before) * 100)
        size = len(page.text.encode()) / 1000
        record_property("{:.1f} kB", size)
        record_property("{:.0f} ms of a processor", cost)
        assert (size <= 60, cost <= 50) == (True, True)


def _seconds_of_processor(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("kind", SERVERS)
def test_what_is_typed_while_the_database_is_away_is_on_the_page_and_sent_when_it_is_back(
    kind: str, builder: Builder, new_deployment: NewDeployment, http_client: Callable[..., HttpClient]
) -> None:
    deployment = new_deployment(postgres=True)
    server = deployment.start_server(kind)
    member = http_client(server).sign_in("member")
    fields = forms.filled(forms.form_with(member.get("/rooms/lobby/").page, {"text": "typed"}), {"text": "typed"})
    assert builder.postgres
    builder.postgres.process.end(signal.SIGINT)
    try:
        answer = member.post("/rooms/lobby/messages/", fields)
    finally:
        builder.postgres.start()
    assert answer.status == 500
    form = forms.form_with(answer.page, {"text": "typed"})
    assert form.find("textarea")[0].text == "typed"
    again = forms.filled(form, {})
    eventually(lambda: member.post(form.attrs["action"], again).status == 302, 30, "the form is taken")
    assert deployment.rows("SELECT count(*) FROM parlour_rooms_message WHERE text = 'typed'") == [(1,)]


@pytest.mark.parametrize("kind", SERVERS)
def test_a_socket_passes_where_a_form_does_and_a_form_that_is_none_is_the_senders_error(
    kind: str, new_deployment: NewDeployment, http_client: Callable[..., HttpClient]
) -> None:
    deployment = new_deployment(CSRF_TRUSTED_ORIGINS="https://chat.example")
    server = deployment.start_server(kind)
    member = http_client(server).sign_in("member")
    for origin, passes in (
        (server.url, True),
        ("https://chat.example", True),  # the proxy rewrote the Host
        ("https://evil.example", False),
        (server.url.replace("http:", "https:"), False),
    ):
        assert (member.post("/rooms/lobby/lines/", {"text": "typed"}, Origin=origin).status == 200) == passes, origin
        try:
            dial(server.url, "/ws/rooms/lobby/", member.cookies, origin=origin).close()
            accepted = True
        except InvalidStatus as refused:
            accepted = refused.response.status_code != 403
        assert accepted == passes, origin
    rubbish = {"Content-Type": "multipart/form-data; boundary=x"}
    assert member.post("/nowhere/", b"--x\r\nrubbish", **rubbish).status == 404
    assert member.post("/nowhere/", {str(n): "x" for n in range(1200)}).status == 404
    assert member.post("/rooms/lobby/messages/", {str(n): "x" for n in range(1200)}).status == 400
