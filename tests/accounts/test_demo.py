"""The demo: three people, with passwords that open nothing where strangers are."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts import demo
from accounts.models import User


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


def test_the_logins_printed_are_those_that_work(client):
    assert load() == {"staff": "parlour", "member": "parlour", "other": "parlour"}
    assert sign_in(client, "member", "parlour")
    assert [person.username for person in User.objects.filter(is_staff=True)] == ["staff"]


def test_a_second_start_changes_nothing(django_assert_max_num_queries):
    load()
    before = list(User.objects.values_list("pk", "password"))
    with django_assert_max_num_queries(3):
        load()
    assert list(User.objects.values_list("pk", "password")) == before


def test_where_others_reach_it_passwords_are_random_and_printed_once(client, demo_settings):
    demo_settings.LOCAL = False
    first, second = load(), load()
    assert len(set(first.values())) == 3
    assert all(len(password) >= 12 for password in first.values())
    assert all(password.startswith("(") for password in second.values())
    assert sign_in(client, "staff", first["staff"])


def test_public_passwords_are_replaced_when_others_can_reach_the_site(client, demo_settings):
    load()
    demo_settings.LOCAL = False
    assert "parlour" not in load().values()
    assert not sign_in(client, "staff", "parlour")


def test_a_public_password_opens_nothing_in_production(client, demo_settings):
    load()
    demo_settings.DEMO = False
    assert not sign_in(client, "staff", "parlour")


def test_production_cannot_load_it(demo_settings):
    demo_settings.DEMO = False
    with pytest.raises(CommandError):
        load()
    assert not User.objects.exists()


def test_the_public_password_survives_a_sign_in(client):
    load()
    sign_in(client, "staff", "parlour")
    assert demo.has_public_password(User.objects.get(username="staff"))
