"""What was told within a room is gone with the right to read it, with the message, with the room, with the person."""

import threading

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import Role, delete_alerts, notify
from alerts.actions import mark_read
from alerts.bell import bells
from alerts.models import Alert, AlertQuerySet, Mark
from alerts.testing import BellPage
from rooms.models import Membership, Message, Room
from tests.rooms.posts import say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def team(ann, ben):
    """A room for members, in which Ben was told a secret."""
    team = Room.objects.create(title="Rose garden", access=Room.Access.MEMBERS, owner=ann)
    for person in (ann, ben):
        Membership.objects.create(room=team, person=person)
    say(ann, team, "@Ben the code is Rosebud")
    return team


@pytest.fixture
def shown(client, ben):
    """What Ben's page of all alerts, his bell among it, says."""
    client.force_login(ben)
    return lambda: client.get("/alerts/").content.decode()


def leave(team, ben):
    Membership.objects.get(room=team, person=ben).delete()


def test_who_was_removed_reads_no_more_of_what_was_told(team, ben, client, shown):
    pk = Alert.objects.get().pk
    assert "Rosebud" in shown()
    leave(team, ben)
    assert "Rosebud" not in shown()
    assert "Rose garden" not in shown()
    assert client.get(f"/alerts/{pk}/").status_code == 404
    assert client.post(f"/alerts/{pk}/read/").status_code == 404
    Membership.objects.create(room=team, person=ben)
    assert "Rosebud" in shown()


async def test_an_open_bell_loses_it_too(team, ben):
    async with BellPage(ben) as page:
        assert "Rosebud" in page.document.text()
        await sync_to_async(leave)(team, ben)
        await page.shows("Nothing is waiting")
        assert "Rosebud" not in page.document.text()


async def test_a_room_that_closes_takes_its_mentions_from_those_outside(ann, gus, lobby):
    await sync_to_async(say)(ann, lobby, "hello")
    await sync_to_async(say)(gus, lobby, "here I am")
    await sync_to_async(say)(ann, lobby, "@Gus the code is Rosebud")
    async with BellPage(gus) as page:
        assert "Rosebud" in page.document.text()
        lobby.guests = Room.Guests.NONE
        await lobby.asave()
        await page.shows("Nothing is waiting")


def test_a_deleted_message_or_room_leaves_nothing_behind(team, shown):
    notify(team, "news", "The room moves")
    Message.objects.get().delete()
    assert "Rosebud" not in shown()
    assert Alert.objects.count() == 1
    team.delete()
    assert "Rose garden" not in shown()
    assert not Alert.objects.exists()


def test_a_deletion_that_is_undone_leaves_what_was_told(team, ben):
    with transaction.atomic():
        team.delete()
        transaction.set_rollback(True)
    assert bells([ben.pk])[ben.pk].unseen == 1


def test_a_deleted_person_leaves_no_alerts(team, sue, ben):
    notify([ben, Role("staff")], "order", "Order")
    ben.delete()
    assert [alert.audience for alert in Alert.objects.all()] == ["staff"]


def test_a_big_deletion_looks_for_alerts_a_few_times_not_once_a_message(ann, ben, lobby):
    say(ann, lobby, "@ben")
    now = timezone.now()
    rows = [Message(room=lobby, author=ann, text="x", html="x", created=now, seq=n, changed=n) for n in range(9, 1009)]
    Message.objects.bulk_create(rows)
    with CaptureQueriesContext(connection) as queries:
        lobby.delete()
    assert not Alert.objects.exists()
    asked = [each["sql"] for each in queries if "parlour_alerts_alert" in each["sql"]]
    assert len(asked) < 20


def test_who_reads_an_alert_while_it_is_being_deleted_meets_no_error(ann, team):
    notify(ann, "order", "Tea", about=team)
    deleted, read = threading.Event(), threading.Event()

    def delete():
        with transaction.atomic():
            delete_alerts(Alert.objects.all())
            deleted.set()
            read.wait(0.5)
        connections.close_all()

    thread = threading.Thread(target=delete)
    thread.start()
    deleted.wait(10)
    assert mark_read(ann, Alert.objects.for_person(ann)) is None
    thread.join()
    assert not Mark.objects.exists()


def test_who_deletes_an_alert_while_it_is_being_read_meets_no_error(ann, monkeypatch):
    notify(ann, "order", "Tea")
    readers = []

    def read():
        mark_read(ann, Alert.objects.for_person(ann))
        connections.close_all()

    def read_first(alerts, using):
        reader = threading.Thread(target=read)
        readers.append(reader)
        reader.start()
        reader.join(0.5)
        return raw_delete(alerts, using)

    raw_delete = AlertQuerySet._raw_delete
    monkeypatch.setattr(AlertQuerySet, "_raw_delete", read_first)
    delete_alerts(Alert.objects.all())
    readers[0].join()
    assert not Alert.objects.exists()
    assert not Mark.objects.exists()
