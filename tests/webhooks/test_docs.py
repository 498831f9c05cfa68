"""What docs/webhooks.md shows is run as it stands there."""

import os
import runpy
import socket
import subprocess
import sys

import pytest

from e2e.support.ports import free_port
from tests.examples import shown, write
from tests.waiting import until
from webhooks.delivery import send_next
from webhooks.models import Webhook

pytestmark = pytest.mark.django_db(transaction=True)


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_receiver_of_the_documentation_takes_what_is_sent_and_nothing_forged(hook, lobby, say, tmp_path):
    write(tmp_path, shown("webhooks.md"))
    port = free_port()
    webhook = hook(lobby, address=f"http://127.0.0.1:{port}/")
    env = os.environ | {"SECRET": webhook.secret, "PORT": str(port)}
    command = [sys.executable, str(tmp_path / "receiver.py")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, env=env, **pipes) as process:
        try:
            until(lambda: answers(port))
            say(lobby, "Hello, program")
            assert send_next(webhook.pk)
            assert process.stdout.readline() == f"room-{lobby.pk}-1 Ann Hello, program\n"
            Webhook.objects.update(secret="whsec_Zm9yZ2Vk")
            say(lobby, "Forged")
            assert not send_next(webhook.pk)
        finally:
            process.kill()


def test_the_check_by_hand_takes_what_was_signed_and_is_not_older_than_five_minutes(
    hook, receiver, lobby, say, tmp_path
):
    write(tmp_path, shown("webhooks.md"))
    is_genuine = runpy.run_path(str(tmp_path / "by_hand.py"))["is_genuine"]
    webhook = hook()
    say(lobby, "Hello")
    send_next(webhook.pk)
    [(headers, body, _)] = receiver.taken
    headers = {name.lower(): value for name, value in headers.items()}
    assert is_genuine(webhook.secret, headers, body)
    assert not is_genuine(webhook.secret, headers, body + b" ")
    assert not is_genuine(webhook.secret, headers | {"webhook-id": "room-1-2"}, body)
    assert not is_genuine(webhook.secret, headers | {"webhook-timestamp": "1"}, body)
