"""The demo: three people, with passwords that open nothing where strangers are."""

import io
import re

import pytest
from django.core.management import CommandError, call_command

from accounts import demo
from accounts.models import User
from alerts.bell import bells
from config import start
from rooms.models import Message, Room

PUBLIC = {"staff": "parlour", "member": "parlour", "other": "parlour"}


@pytest.fixture(autouse=True)
def demo_settings(settings, db):
    settings.DEMO, settings.LOCAL, settings.DEMO_PARTS = True, True, []
    return settings


def load():
    out = io.StringIO()
    call_command("demo", stdout=out)
    return dict(line.split(" / ") for line in out.getvalue().splitlines())


def sign_in(client, username, password):
    client.post("/accounts/login/", {"username": username, "password": password})
    return "_auth_user_id" in client.session


def test_the_logins_printed_work_and_are_still_known_as_public_afterwards(client):
    assert load() == PUBLIC
    assert sign_in(client, "staff", "parlour")
    assert demo.has_public_password(User.objects.get(username="staff"))
    assert [person.username for person in User.objects.filter(is_staff=True)] == ["staff"]


def test_where_others_reach_it_public_passwords_become_random_ones_printed_once(client, demo_settings):
    load()
    demo_settings.LOCAL = False
    first, second = load(), load()
    assert len(set(first.values())) == 3
    assert all(len(password) >= 12 for password in first.values())
    assert all(password.startswith("(") for password in second.values())
    assert not sign_in(client, "staff", "parlour")
    assert sign_in(client, "staff", first["staff"])


def test_a_session_that_a_public_password_opened_is_nobodys_where_others_reach_it(client, demo_settings):
    load()
    assert sign_in(client, "staff", "parlour")
    for name in ("DEMO", "LOCAL"):
        setattr(demo_settings, name, False)
        assert client.get("/accounts/profile/").status_code == 302
        setattr(demo_settings, name, True)
    assert client.get("/accounts/profile/").status_code == 200


def test_in_production_a_public_password_opens_nothing_and_no_demo_is_loaded(client, demo_settings):
    load()
    demo_settings.DEMO = False
    assert not sign_in(client, "staff", "parlour")
    User.objects.all().delete()
    with pytest.raises(CommandError, match="make run"):
        load()
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_lobby_opens_on_a_conversation_that_shows_what_can_be_said_and_is_not_told_twice(client, demo_settings):
    demo_settings.DEMO_PARTS = ["chat.demo.make_demo_rooms", "chat.demo.make_demo_conversation"]
    load()
    load()
    assert Message.objects.filter(room__slug="lobby", seq__isnull=False).count() == 7
    member, other = User.objects.get(username="member"), User.objects.get(username="other")
    client.force_login(member, "accounts.backends.Backend")
    page = client.get("/rooms/lobby/").content.decode()
    for markup in ("<strong>", "<ul>", "<ol>", "<code>", "<blockquote>", 'href="https://htmx.org"', "pl-mention"):
        assert markup in page
    for markup in ('class="pl-quote"', "pl-edited", 'class="pl-pin', "👍", "1 new", "/small/"):
        assert markup in page, markup
    assert [bells([person.pk])[person.pk].unseen for person in (member, other)] == [1, 1]
    Message.objects.all().delete()
    Message.objects.create(room=Room.objects.get(slug="lobby"), author=other, text="Mine.", created=member.date_joined)
    load()
    assert Message.objects.count() == 1


def test_every_address_that_the_start_prints_is_a_page(client, demo_settings):
    demo_settings.DEMO_PARTS = ["chat.demo.make_demo_rooms"]
    printed = start._welcome()
    paths = re.findall(r"http://127\.0\.0\.1:8000(/\S*?),?\s", printed)
    assert paths == ["/", "/accounts/guest/?next=/rooms/lobby/", "/shop/", "/shop/imports/", "/admin/"]
    for path in paths:
        assert client.get(path, follow=True).status_code == 200
    assert "staff / parlour" in printed
