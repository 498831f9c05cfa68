"""The pages of webhooks: whose they are, what the form refuses and keeps, the secret once, and what is shown live."""

import re
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from parlour.testing import Page
from rooms.models import Membership, Room
from webhooks.delivery import send_next
from webhooks.live import may_see, my_webhooks
from webhooks.models import Webhook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(client, sue):
    client.force_login(sue)
    return client


def press(client, verb, **fields):
    """Press a button of the list as a browser without script does."""
    page = client.get("/webhooks/").content.decode()
    panel = re.search(r'action="(/parlour/my_webhooks/[^"]+)"', page)[1]
    return client.post(panel, {"verb": verb, **fields})


def test_they_are_for_staff_alone_who_find_them_from_their_profile(client, ann, sue):
    for path in ("/webhooks/", "/webhooks/new/"):
        assert client.get(path).status_code == 302
        client.force_login(ann)
        assert client.get(path).status_code == 403
        client.logout()
    for person, shown in ((ann, False), (sue, True)):
        client.force_login(person)
        assert ('href="/webhooks/"' in client.get("/accounts/profile/").content.decode()) is shown
    assert "Your webhooks will be listed here" in client.get("/webhooks/").content.decode()


def test_a_button_that_is_pressed_twice_makes_one_whose_secret_the_second_answer_shows(staff, sue, lobby):
    new = {"address": "https://example.org/hook", "rooms": [lobby.pk]}
    answers = [staff.post("/webhooks/new/", new).content.decode() for _ in range(2)]
    webhook = Webhook.objects.get()
    assert all(webhook.secret in answer for answer in answers)
    staff.post("/webhooks/new/", {**new, "address": "https://example.org/other"})
    assert Webhook.objects.count() == 2
    Webhook.objects.update(due=timezone.now() - timedelta(minutes=1))
    staff.post("/webhooks/new/", new)
    assert Webhook.objects.count() == 3


def test_one_is_made_for_rooms_that_its_owner_reads_and_its_secret_is_shown_once(staff, sue, ann, lobby, say):
    for title in ("Hers", "Not hers"):
        Room.objects.create(title=title, owner=ann, access=Room.Access.MEMBERS)
    hers, others = Room.objects.get(title="Hers"), Room.objects.get(title="Not hers")
    Membership.objects.create(room=hers, person=sue)
    say(lobby, "before")
    form = staff.get("/webhooks/new/").content.decode()
    assert "Hers" in form
    assert "Not hers" not in form
    new = {"address": "HTTPS://bücher.example:8443/ä?b=c", "rooms": [lobby.pk, others.pk]}
    assert staff.post("/webhooks/new/", new).status_code == 422
    answer = staff.post("/webhooks/new/", new | {"rooms": [lobby.pk, hers.pk]})
    webhook = Webhook.objects.get()
    assert webhook.secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert (webhook.owner, webhook.address) == (sue, "https://xn--bcher-kva.example:8443/%C3%A4?b=c")
    assert sorted(webhook.cursors.values_list("room__title", "seq")) == [("Hers", 0), ("Lobby", 1)]
    page = staff.get("/webhooks/").content.decode()
    assert "Nothing was sent yet" in page
    assert webhook.secret not in page
    assert webhook.secret[6:] not in page


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Type the address"),
        ("example.org/hook", "begins with https:// or http://"),
        ("ftp://example.org/", "begins with https:// or http://"),
        ("file:///etc/passwd", "begins with https:// or http://"),
        ("https:///hook", "names a host"),
        ("http://sue:secret@example.org/", "before the @"),
        ("http://127.0.0.1:8000/", "not public"),
        ("http://0x7f.1/", "not public"),
        ("http://localhost/", ""),  # a name, seen at each delivery
        ("http://[::ffff:10.0.0.1]/", "not public"),
        ("http://[fe80::1/", "This is no address"),
        ("http://example.org:port/", "This is no address"),
        ("http://a..example.org/", "This is no address"),
        ("https://example.org/" + "x" * 600, "at most 500 characters"),
    ],
)
def test_what_is_no_address_is_refused_in_words_and_what_was_typed_stays(staff, lobby, address, words):
    answer = staff.post("/webhooks/new/", {"address": address, "rooms": [lobby.pk]})
    page = answer.content.decode()
    assert (answer.status_code, Webhook.objects.count()) == ((422, 0) if words else (200, 1))
    assert words in page
    if words:
        assert f'value="{address}"' in page or not address
        assert re.search(rf'value="{lobby.pk}"[^>]*checked', page)


def test_its_address_rooms_and_secret_are_changed_and_a_room_that_stays_goes_on_at_once_where_it_was(
    staff, hook, receiver, lobby, say, sue, ben
):
    den, attic = (Room.objects.create(title=title, owner=sue) for title in ("Den", "Attic"))
    webhook = hook(lobby, den, address="http://127.0.0.1:1/")
    say(lobby, "waits")
    say(attic, "before")
    assert not send_next(webhook.pk)
    change = f"/webhooks/{webhook.pk}/"
    assert f'href="{change}"' in staff.get("/webhooks/").content.decode()
    assert len(re.findall("checked", staff.get(change).content.decode())) == 2
    fields = {"address": receiver.address, "rooms": [lobby.pk, attic.pk]}
    assert staff.post(change, fields | {"address": "http://10.0.0.1/"}).status_code == 422
    assert staff.post(change, fields).url == "/webhooks/"
    say(den, "left")
    say(attic, "after")
    while send_next(webhook.pk):
        pass
    assert sorted(receiver.texts) == ["after", "waits"]
    answer = staff.post(change, fields | {"new_secret": ""}).content.decode()
    renewed = Webhook.objects.get()
    assert renewed.secret != webhook.secret
    assert renewed.secret in answer
    assert "Its new secret" in answer
    ben.is_staff = True
    ben.save()
    staff.force_login(ben)
    assert (staff.get(change).status_code, staff.post(change, fields).status_code) == (404, 404)


def test_who_has_mended_a_receiver_need_not_wait_for_the_next_try(staff, hook, receiver, lobby, say):
    webhook = hook()
    assert "Try now" not in staff.get("/webhooks/").content.decode()
    receiver.answer = 500
    say(lobby, "hello")
    assert not send_next(webhook.pk)
    assert "Try now" in staff.get("/webhooks/").content.decode()
    receiver.answer = 204
    assert not send_next(webhook.pk)  # it is not due yet
    press(staff, f"resume?pk={webhook.pk}")
    assert send_next(webhook.pk)


def test_a_webhook_is_paused_resumed_replayed_and_deleted_by_its_owner_alone(staff, hook, receiver, lobby, say, ben):
    webhook = hook()
    say(lobby, "hello")
    assert press(staff, f"pause?pk={webhook.pk}").status_code == 302
    assert not send_next(webhook.pk)
    page = staff.get("/webhooks/").content.decode()
    assert "You paused it." in page
    assert "Resume" in page
    press(staff, f"resume?pk={webhook.pk}")
    assert send_next(webhook.pk)
    press(staff, f"replay?pk={webhook.pk}&hours=1")
    assert send_next(webhook.pk)
    assert len(receiver.taken) == 2
    ben.is_staff = True
    ben.save()
    staff.force_login(ben)
    for verb in ("pause", "replay", "delete"):
        press(staff, f"{verb}?pk={webhook.pk}&hours=1")
        press(staff, f"{verb}?pk=x&hours=x")
    assert receiver.address not in staff.get("/webhooks/").content.decode()
    assert not may_see(ben, webhook.owner_id)
    webhook.refresh_from_db()
    assert (webhook.paused, webhook.cursors.get().seq) == ("", 1)
    staff.force_login(webhook.owner)
    press(staff, f"delete?pk={webhook.pk}")
    assert not Webhook.objects.exists()


async def test_an_open_page_shows_what_the_receiver_answered(hook, receiver, lobby, say, sue):
    webhook = await sync_to_async(hook)()
    await sync_to_async(say)(lobby, "hello")
    async with Page(my_webhooks.consumer, sue, owner=sue.pk) as page:
        await page.shows("Nothing was sent yet")
        receiver.answer = 500
        await sync_to_async(send_next)(webhook.pk)
        await page.shows("Failing")
        await page.shows("500 Internal Server Error")
        await Webhook.objects.aupdate(due=timezone.now())
        receiver.answer = 200
        await sync_to_async(send_next)(webhook.pk)
        await page.shows("200 OK")
        await page.shows("Active")
