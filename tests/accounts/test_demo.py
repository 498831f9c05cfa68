"""The demo: three people, with passwords that open nothing where strangers are."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts import demo
from accounts.models import User

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


def test_in_production_a_public_password_opens_nothing_and_no_demo_is_loaded(client, demo_settings):
    load()
    demo_settings.DEMO = False
    assert not sign_in(client, "staff", "parlour")
    User.objects.all().delete()
    with pytest.raises(CommandError, match="make run"):
        load()
    assert not User.objects.exists()
