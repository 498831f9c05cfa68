"""A webhook of Sue's, and its receiver."""

import threading

import pytest

from e2e.support.receiver import Receiver
from rooms.models import Room
from rooms.posting import post, prepare
from rooms.send_once import NumberedText
from tests.waiting import until
from webhooks.models import Webhook


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_HOSTS_ALLOWED = ["127.0.0.1"]
    receiver = Receiver()
    yield receiver
    receiver.awake.set()
    until(lambda: not [each for each in threading.enumerate() if each.name == "webhooks"])
    receiver.close()


@pytest.fixture
def say(ann):
    """say(room, "a", "b") posts these as Ann."""
    return lambda room, *texts: post([prepare(room.pk, ann.pk, NumberedText("", 0, text)) for text in texts])


@pytest.fixture
def hook(sue, receiver, lobby):
    """hook(room, …) is a webhook of Sue's, from now on."""

    def make(*rooms, address=receiver.address):
        webhook = Webhook.objects.create(owner=sue, address=address)
        webhook.follow(Room.objects.filter(pk__in=[each.pk for each in rooms or [lobby]]))
        return webhook

    return make
