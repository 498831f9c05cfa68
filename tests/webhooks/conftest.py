"""A receiver of webhooks that keeps what it is sent and answers as it is told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db.models import Max

from rooms.models import Room
from rooms.posting import draft, post
from rooms.send_once import NumberedText
from tests.waiting import until
from webhooks.models import Webhook


class Receiver(ThreadingHTTPServer):
    """`taken` are the (headers, body) that it answered with 2xx, `asked` counts all; `answer` is its next answers."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken, self.asked, self.answer = [], 0, 200
        self.address = f"http://127.0.0.1:{self.server_port}/hook?a=b"
        self.awake = threading.Event()  # what hangs or trickles ends
        threading.Thread(target=self.serve_forever, args=[0.01], daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        receiver, body = self.server, self.rfile.read(int(self.headers["content-length"]))
        receiver.asked += 1
        answer = receiver.answer
        if answer == "hang":
            receiver.awake.wait(60)
            return
        while answer == "trickle" and not receiver.awake.wait(0.05):
            self.wfile.write(b"H")
        if 200 <= answer < 300:
            receiver.taken.append((dict(self.headers), body, self.path))
        self.send_response(answer)
        self.send_header("Location", f"http://127.0.0.1:{receiver.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_HOSTS_ALLOWED = ["127.0.0.1"]
    receiver = Receiver()
    yield receiver
    receiver.awake.set()
    until(lambda: not [each for each in threading.enumerate() if each.name == "webhooks"])
    receiver.shutdown()
    receiver.server_close()


@pytest.fixture
def say(ann):
    """say(room, "a", "b") posts these as Ann."""
    return lambda room, *texts: post([draft(room.pk, ann.pk, NumberedText("", 0, text)) for text in texts])


@pytest.fixture
def hook(sue, receiver, lobby):
    """hook(room, …) is a webhook of Sue's, from now on."""

    def make(*rooms, address=receiver.address):
        webhook = Webhook.objects.create(owner=sue, address=address)
        for room in Room.objects.filter(pk__in=[each.pk for each in rooms or [lobby]]).annotate(
            last=Max("messages__changed")
        ):
            webhook.cursors.create(room=room, seq=room.last or 0)
        return webhook

    return make
