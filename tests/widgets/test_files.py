"""Files in a widget: sent with a ticket, read at addresses that its page was given."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from rooms import files
from rooms.models import Message, Room
from tests.widgets.hosts import address
from widgets import consumers, file_addresses, identity, visitors
from widgets.models import Widget
from widgets.tickets import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(files, "prepare_soon", lambda: None)


@pytest.fixture
def desk():
    return Widget.objects.create(kind=Widget.Kind.DESK, title="Help", sites="https://shop.example")


@pytest.fixture
def vera(desk):
    return visitors.vouched(desk, identity.Claims("42", "Vera"))


def send(client, widget, visitor, **htmx):
    ticket = Ticket.of(visitor, vouched=True).text if visitor else ""
    note = SimpleUploadedFile("note.txt", b"hello")
    return client.post(address(widget) + "files/", {"ticket": ticket, "page": "p", "files": note}, **htmx)


def test_a_visitor_sends_files_and_reads_them_without_a_cookie(client, desk, vera):
    page = send(client, desk, vera).content.decode()
    assert Message.objects.get().author == vera.user
    [there] = re.findall(r'href="(/embed/[^"]+/files/[^"]+)"', page)
    answer = client.get(there)
    assert (b"".join(answer), answer["Content-Type"]) == (b"hello", "application/octet-stream")
    assert "sandbox" in answer["Content-Security-Policy"]
    pk = Message.objects.get().files[0]["pk"]
    assert client.get(f"/rooms/{vera.room.slug}/files/{pk}/").status_code == 404
    for wrong in (there[:-3] + "x/", there.replace(f"/{pk}/", f"/{pk + 1}/"), there.replace(desk.public_id, "x")):
        assert client.get(wrong).status_code == 404


def test_an_address_ends_with_the_next_day_with_the_visitor_and_with_the_widget(client, desk, vera, monkeypatch):
    send(client, desk, vera)
    there = file_addresses.file_address(desk.public_id, Message.objects.get().files[0]["pk"])
    day, now = timedelta(days=1), timezone.now()
    for later, status in ((day, 200), (2 * day, 404)):
        monkeypatch.setattr(file_addresses.timezone, "now", lambda later=later: now + later)
        assert client.get(there).status_code == status
    monkeypatch.setattr(file_addresses.timezone, "now", lambda: now)
    vera.user.is_active = False
    vera.user.save()
    assert client.get(there).status_code == 404
    vera.user.is_active = True
    vera.user.save()
    desk.is_on = False
    desk.save()
    assert client.get(there).status_code == 404


def test_a_file_of_another_room_has_no_address_in_a_widget(client, desk, vera, team, ann):
    files.post_files(ann, team, "p", [SimpleUploadedFile("note.txt", b"hello")])
    there = file_addresses.file_address(desk.public_id, Message.objects.get().files[0]["pk"])
    assert client.get(there).status_code == 404


def test_who_has_no_name_or_sends_much_is_told_why_nothing_was_sent(client, ann, monkeypatch):
    lobby = Room.objects.create(title="Inner lobby", owner=ann, guests=Room.Guests.READ)
    widget = Widget.objects.create(kind=Widget.Kind.ROOM, room=lobby, title="Talk", sites="https://shop.example")
    assert "You can read here, not write." in send(client, widget, None, HTTP_HX_REQUEST="true").content.decode()
    monkeypatch.setattr(consumers, "VISITOR_RATE", "0.001/1")
    visitor = visitors.vouched(widget, identity.Claims("7", "Vic"))
    send(client, widget, visitor)
    assert "faster than this room can read" in send(client, widget, visitor).content.decode()
    assert Message.objects.count() == 1
