"""Sign up, sign in, sign out."""

import pytest

from accounts.models import User

from .conftest import PASSWORD


def sign_in(client, username="ann", password=PASSWORD, **more):
    return client.post("/accounts/login/", {"username": username, "password": password, **more})


def sign_up(client, username, password=PASSWORD, again=None):
    fields = {"username": username, "password1": password, "password2": again or password}
    return client.post("/accounts/signup/", {**fields, "next": "/rooms/lobby/"})


@pytest.mark.parametrize("page", ["login", "signup", "guest"])
def test_the_pages_are_there_for_everybody(client, db, page):
    answer = client.get(f"/accounts/{page}/?next=/rooms/lobby/")
    assert answer.status_code == 200
    assert answer.context["next"] == "/rooms/lobby/"


@pytest.mark.parametrize("page", ["profile", "password"])
def test_pages_of_ones_own_ask_for_sign_in(client, db, page):
    answer = client.get(f"/accounts/{page}/")
    assert answer.url == f"/accounts/login/?next=/accounts/{page}/"


def test_sign_in_leads_on(client, ann):
    assert sign_in(client, next="/rooms/lobby/").url == "/rooms/lobby/"
    assert client.session["_auth_user_id"] == str(ann.pk)


def test_sign_in_leads_to_no_foreign_site(client, ann):
    assert sign_in(client, next="//example.org/").url == "/"


def test_a_wrong_password_is_told_in_words(client, ann):
    answer = sign_in(client, password="wrong")
    assert answer.status_code == 200
    assert "That name and password do not go together" in answer.content.decode()


def test_the_eleventh_wrong_password_must_wait_and_the_right_one_with_it(client, ann):
    tries = [sign_in(client, password="wrong").status_code for _ in range(10)]
    assert tries[:9] == [200] * 9
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "Too many tries" in answer.content.decode()
    assert sign_in(client, username="ben").status_code == 200


def test_sign_up_signs_in(client, db):
    assert sign_up(client, "dora").url == "/rooms/lobby/"
    assert client.session["_auth_user_id"] == str(User.objects.get(username="dora").pk)


TAKEN = ["ann", "ANN", "Аnn", "annberg", "admin", "guest-1", "Bot-x"]


@pytest.mark.parametrize("name", [*TAKEN, "", "a b", "x" * 151])
def test_sign_up_refuses_names_that_are_not_free(client, ann, name):
    assert sign_up(client, name).status_code == 200
    assert User.objects.count() == 1


def test_sign_up_refuses_poor_passwords(client, db):
    assert sign_up(client, "dora", "short").status_code == 200
    assert sign_up(client, "dora", "password").status_code == 200
    assert sign_up(client, "dora", again="another long day").status_code == 200


def test_a_guest_may_get_an_account(signed_in, gus):
    client = signed_in(gus)
    assert client.get("/accounts/signup/").status_code == 200
    sign_up(client, "gustav")
    assert client.session["_auth_user_id"] == str(User.objects.get(username="gustav").pk)


def test_whoever_is_signed_in_is_led_on(signed_in, ann):
    assert signed_in(ann).get("/accounts/login/?next=/rooms/team/").url == "/rooms/team/"
    assert signed_in(ann).get("/accounts/signup/").url == "/"


def test_sign_out_takes_a_post(signed_in, ann):
    client = signed_in(ann)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").status_code == 200
    assert "_auth_user_id" not in client.session


def test_the_inactive_stay_outside(client, ann):
    ann.is_active = False
    ann.save()
    assert sign_in(client).status_code == 200
    assert "_auth_user_id" not in client.session
