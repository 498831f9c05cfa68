"""A guest chooses a name and is let in."""

import pytest

from accounts import views
from accounts.models import User

GUEST = "/accounts/guest/"


def enter(client, name, **more):
    return client.post(GUEST, {"display_name": name, **more})


def test_a_guest_is_let_in_and_led_on(client, db):
    answer = enter(client, "  Gus ", next="/rooms/lobby/")
    guest = User.objects.get()
    assert (answer.status_code, answer.url) == (302, "/rooms/lobby/")
    assert (guest.kind, guest.name, guest.is_guest) == ("guest", "Gus", True)
    assert guest.username.startswith("guest-")
    assert not guest.has_usable_password()
    assert client.session["_auth_user_id"] == str(guest.pk)


def test_next_leads_to_no_foreign_site_and_two_guests_may_share_a_name(client, db, gus):
    assert enter(client, "Gus", next="https://example.org/").url == "/"
    assert User.objects.filter(display_name="Gus").count() == 2


@pytest.mark.parametrize("name", ["A n n", "Аnn", "Ann.Berg", "M0derator"])
def test_names_of_accounts_and_roles_are_refused_in_words(client, ann, name):
    answer = enter(client, name)
    assert answer.status_code == 200
    assert "Please choose another" in answer.content.decode()
    assert User.objects.filter(kind="guest").count() == 0


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u202e", "\ufe0f", "x" * 61, "\x00"])
def test_a_name_that_is_none_is_refused(client, db, name):
    assert enter(client, name).status_code == 200
    assert not User.objects.exists()


def test_many_guests_from_one_address_wait(client, db, monkeypatch):
    monkeypatch.setattr(views, "GUEST_RATE", "0.001/2")
    answers = []
    for number in range(3):
        answers.append(enter(client, f"Gus {number}"))
        client.logout()
    assert [answer.status_code for answer in answers] == [302, 302, 200]
    assert "Wait a little" in answers[2].content.decode()
    client.defaults["REMOTE_ADDR"] = "198.51.100.7"
    assert enter(client, "Gus").status_code == 302


def test_a_guest_becomes_an_account_and_keeps_what_they_wrote(client, db):
    enter(client, "Gus")
    guest = User.objects.get()
    password = "a long day by the sea"
    assert client.post("/accounts/signup/", {"username": "gustav", "password1": password, "password2": password}).url
    account = User.objects.get()
    assert (account.pk, account.kind, account.username, account.name) == (guest.pk, "account", "gustav", "Gus")
    assert client.session["_auth_user_id"] == str(guest.pk)
    assert account.check_password(password)


def test_a_guest_whose_name_an_account_got_meanwhile_is_called_by_the_new_one(client, db):
    enter(client, "Gus")
    User.objects.create_user("gus")
    password = "a long day by the sea"
    client.post("/accounts/signup/", {"username": "gustav", "password1": password, "password2": password})
    assert User.objects.get(username="gustav").name == "gustav"
