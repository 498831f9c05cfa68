"""A guest chooses a name and is let in."""

import pytest
from django.urls import reverse

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


def test_next_leads_to_no_foreign_site(client, db):
    assert enter(client, "Gus", next="https://example.org/").url == "/"


ANNS = ["ann", "ANN", "A n n", "Аnn", "Ann\u200b", "ann berg", "Ann.Berg", "@nn", "ᴀnn"]


@pytest.mark.parametrize("name", [*ANNS, "staff", "Admin", "M0derator"])
def test_names_of_accounts_and_roles_are_refused_in_words(client, ann, name):
    answer = enter(client, name)
    assert answer.status_code == 200
    assert "Please choose another" in answer.content.decode()
    assert User.objects.filter(kind="guest").count() == 0


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u202e", "\ufe0f", "x" * 61, "\x00"])
def test_a_name_that_is_none_is_refused(client, db, name):
    assert enter(client, name).status_code == 200
    assert not User.objects.exists()


def test_a_name_of_markup_is_text(client, db):
    enter(client, "<img src=x onerror=alert(1)>")
    page = client.get(reverse("accounts:profile")).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_whoever_is_in_already_is_led_on(signed_in, gus, ann):
    assert signed_in(gus).get(GUEST + "?next=/rooms/lobby/").url == "/rooms/lobby/"
    assert signed_in(ann).get(GUEST).url == "/"


def test_two_guests_may_share_a_name(client, gus, django_user_model):
    assert enter(client, "Gus").status_code == 302
    assert django_user_model.objects.filter(display_name="Gus").count() == 2


def test_a_guest_has_no_password_page(signed_in, gus):
    assert signed_in(gus).get("/accounts/password/").url == "/accounts/signup/"
