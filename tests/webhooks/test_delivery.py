"""Outgoing webhooks: in order, at least once, signed; what failures, deletions and lost rights do to them."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from alerts.models import Alert
from jobs import runner
from rooms.models import Membership, Message, Room
from rooms.moderation import remove
from rooms.reactions import react
from tests.waiting import until
from webhooks import delivery, live, safe_post
from webhooks.delivery import look, send_next
from webhooks.models import Cursor, Webhook

pytestmark = pytest.mark.django_db(transaction=True)


def running(name):
    return [thread for thread in threading.enumerate() if thread.name == name]


def send_all(webhook):
    while send_next(webhook.pk):
        pass
    webhook.refresh_from_db()


def now_due(webhook, hours=0):
    """As much time passes as it waits, and these hours more."""
    since = webhook.failing_since and webhook.failing_since - timedelta(hours=hours)
    Webhook.objects.filter(pk=webhook.pk).update(due=timezone.now() - timedelta(seconds=1), failing_since=since)


def test_what_is_posted_and_edited_is_sent_in_order_and_signed_as_standard_webhooks_are(hook, receiver, lobby, say):
    say(lobby, "before")
    webhook = hook()
    say(lobby, "*one*", "two")
    send_all(webhook)
    remove([Message.objects.get(text="*one*").pk])
    send_all(webhook)
    events = [Verifier(webhook.secret).verify(body, headers) for headers, body, _ in receiver.taken]
    assert [(each["type"], each["data"]["seq"]) for each in events] == [
        ("message.posted", 2),
        ("message.posted", 3),
        ("message.edited", 2),
    ]
    assert events[0]["data"] | {"created": ""} == {
        "room": "lobby",
        "seq": 2,
        "author": "Ann",
        "kind": "account",
        "text": "*one*",
        "html": "<p><em>one</em></p>\n",
        "created": "",
    }
    assert [headers["webhook-id"] for headers, _, _ in receiver.taken] == [f"room-{lobby.pk}-{n}" for n in (2, 3, 4)]
    headers, body, path = receiver.taken[0]
    assert path == "/hook?a=b"
    with pytest.raises(WebhookVerificationError):
        Verifier(webhook.secret).verify(body.replace(b"one", b"two"), headers)


def test_a_reaction_is_no_event_and_holds_up_none(hook, receiver, lobby, say, ann):
    webhook = hook()
    say(lobby, "one")
    send_all(webhook)
    react(ann, Message.objects.get().pk, "👍")
    say(lobby, "two")
    send_all(webhook)
    events = [Verifier(webhook.secret).verify(body, headers) for headers, body, _ in receiver.taken]
    assert [each["data"]["text"] for each in events] == ["one", "two"]


@pytest.mark.faults
def test_a_receiver_that_fails_hangs_and_comes_back_gets_every_event_in_order(
    hook, receiver, lobby, say, ann, monkeypatch
):
    monkeypatch.setattr(safe_post, "LIMIT", 0.3)
    den = Room.objects.create(title="Den", owner=ann)
    webhook = hook(lobby, den)

    def tick(until_answer):
        until(lambda: not running("webhooks"))
        now_due(webhook)
        look()
        until(lambda: not running("webhooks"))
        webhook.refresh_from_db()
        return until_answer in webhook.answer

    said = {lobby: [], den: []}
    for n, (answer, words) in enumerate(
        [(200, "200"), (500, "500"), ("hang", "within"), ("trickle", "within"), (302, "302"), (204, "204")] * 2
    ):
        receiver.answer = answer
        for room, each in said.items():
            each.append(f"{room.slug} {n}")
            say(room, each[-1])
        until(lambda words=words: tick(words))
    until(lambda: tick("204") and len(receiver.taken) == 24)
    assert {room.slug: [text for text in receiver.texts if text in each] for room, each in said.items()} == {
        room.slug: each for room, each in said.items()
    }
    assert not Alert.objects.exists()


def test_of_two_that_look_at_once_one_sends_and_what_it_left_when_it_was_killed_is_sent_again(
    hook, receiver, lobby, say, monkeypatch
):
    webhook = hook()
    say(lobby, "once")
    monkeypatch.setattr(delivery, "record", lambda *_: False)  # it was killed after the receiver had answered
    send_next(webhook.pk)
    assert not send_next(webhook.pk)
    assert receiver.texts == ["once"]
    assert timedelta(seconds=20) < Webhook.objects.get().due - timezone.now() <= delivery.CLAIM
    monkeypatch.undo()
    now_due(webhook)
    send_all(webhook)
    assert receiver.texts == ["once", "once"]
    assert len({headers["webhook-id"] for headers, _, _ in receiver.taken}) == 1


def test_many_that_send_at_once_send_each_event_once_and_in_order(hook, receiver, lobby, say):
    webhook = hook()
    said = [str(n) for n in range(12)]
    say(lobby, *said)

    def work():
        while len(receiver.taken) < len(said):
            send_next(webhook.pk)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert receiver.texts == said
    assert webhook.cursors.get().seq == 12


def test_it_waits_longer_after_each_failure_and_after_a_day_it_pauses_and_tells_its_owner_once(
    hook, receiver, lobby, say, sue
):
    webhook = hook()
    receiver.answer = 503
    say(lobby, "hello")
    waits = []
    for hours in (0, 0.01, 0.2, 5, 18):
        now_due(webhook, hours)
        send_all(webhook)
        waits.append(round((webhook.due - timezone.now()).total_seconds() / 10) * 10)
    assert waits == [0, 40, 760, 3600, 3600]
    assert webhook.answer == "503 Service Unavailable"
    assert not Alert.objects.exists()
    for _ in range(2):
        now_due(webhook, hours=1)
        send_all(webhook)
    assert webhook.paused.startswith("No delivery succeeded for a day.")
    alert = Alert.objects.get()
    assert (alert.audience, alert.body, alert.resolved) == (f"user.{sue.pk}", webhook.paused, None)
    asked = receiver.asked
    assert not send_next(webhook.pk)
    receiver.answer = 200
    live.resume(sue, str(webhook.pk))
    send_all(webhook)
    assert (receiver.texts, receiver.asked) == (["hello"], asked + 1)
    assert Alert.objects.get().resolved


def test_gone_pauses_at_once_a_redirect_is_followed_nowhere_and_a_deleted_webhook_leaves_no_alert(
    hook, receiver, lobby, say
):
    webhook = hook()
    say(lobby, "hello")
    receiver.answer = 302
    send_all(webhook)
    assert (webhook.answer, receiver.asked, webhook.paused) == ("302 Found", 1, "")
    receiver.answer = 410
    now_due(webhook)
    send_all(webhook)
    assert (webhook.paused, Alert.objects.count()) == ("410 Gone", 1)
    webhook.delete()
    assert not Alert.objects.exists()


def test_what_its_owner_may_not_read_is_not_sent_and_it_says_why(hook, receiver, ann, sue, say):
    den = Room.objects.create(title="Den", owner=ann, access=Room.Access.MEMBERS)
    membership = Membership.objects.create(room=den, person=sue)
    Membership.objects.create(room=den, person=ann)
    webhook = hook(den)
    say(den, "for members")
    send_all(webhook)
    membership.delete()
    say(den, "secret")
    send_all(webhook)
    assert receiver.texts == ["for members"]
    assert webhook.paused == "Its owner may not read “Den” any more."
    assert webhook.answer == "200 OK"
    assert Alert.objects.count() == 1
    Membership.objects.create(room=den, person=sue)
    live.resume(sue, str(webhook.pk))
    sue.is_staff = False
    sue.save()
    send_all(webhook)
    assert (len(receiver.taken), Alert.objects.open().count()) == (1, 1)


def test_who_pauses_it_while_it_is_sent_is_not_alerted_and_no_connection_waits_for_the_receiver(
    hook, receiver, lobby, say, sue, monkeypatch
):
    webhook = hook()
    say(lobby, "hello")
    waiting = []

    def post(*sent):
        waiting.append(connection.connection)
        live.pause(sue, str(webhook.pk))
        return 410, "410 Gone"

    monkeypatch.setattr(delivery, "post", post)
    assert not send_next(webhook.pk)
    assert waiting == [None]
    webhook.refresh_from_db()
    assert (webhook.paused, webhook.answer, Alert.objects.count()) == ("You paused it.", "410 Gone", 0)


def test_who_resumes_or_deletes_it_while_a_try_hangs_need_not_wait_for_what_comes_of_that(
    hook, receiver, lobby, say, sue, monkeypatch
):
    webhook = hook()
    say(lobby, "hello")
    webhook.failing_since = timezone.now()
    for meanwhile in (live.resume, live.delete):
        now_due(webhook, hours=25)
        with monkeypatch.context() as patch:
            patch.setattr(delivery, "post", lambda *_, act=meanwhile: (act(sue, str(webhook.pk)), (0, "It hung."))[1])
            assert not send_next(webhook.pk)
        assert not Alert.objects.exists()
        if meanwhile is live.resume:
            webhook.refresh_from_db()
            assert (webhook.paused, webhook.failing_since) == ("", None)
            assert send_next(webhook.pk)
            say(lobby, "more")


def test_a_cursor_goes_with_its_room_and_the_others_go_on(hook, receiver, lobby, ann, say):
    den = Room.objects.create(title="Den", owner=ann)
    webhook = hook(lobby, den)
    say(den, "a")
    say(lobby, "b")
    den.delete()
    send_all(webhook)
    assert receiver.texts == ["b"]
    assert Cursor.objects.count() == 1


def test_replay_sends_what_was_posted_since_again_and_never_skips(hook, receiver, lobby, say, sue, monkeypatch):
    webhook = hook()
    say(lobby, "old", "new")
    Message.objects.filter(text="old").update(created=timezone.now() - timedelta(hours=2))
    live.replay(sue, str(webhook.pk), "1")  # nothing was sent yet
    assert webhook.cursors.get().seq == 0
    send_all(webhook)
    live.replay(sue, str(webhook.pk), "1")
    send_all(webhook)
    assert receiver.texts == ["old", "new", "new"]
    assert json.loads(receiver.taken[2][1])["type"] == "message.posted"
    say(lobby, "newer")

    def set_back(*sent):  # while it is under way
        live.replay(sue, str(webhook.pk), "999999")
        return post(*sent)

    post = delivery.post
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "post", set_back)
        assert send_next(webhook.pk)
    send_all(webhook)
    assert receiver.texts[3:] == ["newer", "old", "new", "newer"]


def test_processes_that_run_jobs_send_what_is_due_and_others_do_not(hook, receiver, lobby, say, monkeypatch):
    hook()
    say(lobby, "hello")
    for runs in (False, True):
        ticks = iter(range(3))
        monkeypatch.setattr(runner.progress.closing, "wait", lambda _, ticks=ticks: next(ticks, None) is None)
        runner.tick(runner.put, lambda: 0, runs=runs)
        until(lambda: not running("jobs-tick"))
        assert bool(running("webhooks") or receiver.asked) is runs
    until(lambda: receiver.texts == ["hello"])
