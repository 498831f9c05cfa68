"""Sign up, sign in, sign out."""

import pytest
from axes.models import AccessAttempt

from accounts import views
from accounts.models import User
from accounts.sessions import SessionStore

from .conftest import PASSWORD


def sign_in(client, username="ann", password=PASSWORD, **more):
    return client.post("/accounts/login/", {"username": username, "password": password, **more})


def sign_up(client, username, password=PASSWORD, again=None):
    fields = {"username": username, "password1": password, "password2": again or password}
    return client.post("/accounts/signup/", {**fields, "next": "/rooms/lobby/"})


def test_the_pages_keep_where_one_was_going_and_ones_own_ask_for_sign_in(client, db):
    for page in ("login", "signup", "guest"):
        answer = client.get(f"/accounts/{page}/?next=/rooms/lobby/")
        assert answer.status_code == 200
        assert answer.context["next"] == "/rooms/lobby/"
    for page in ("profile", "password"):
        assert client.get(f"/accounts/{page}/").url == f"/accounts/login/?next=/accounts/{page}/"


def test_a_link_without_a_destination_leads_back_to_its_page(client, db):
    def destination(page, came_from):
        return client.get(f"/accounts/{page}/", headers={"Referer": came_from}).context["next"]

    for page in ("login", "signup", "guest"):
        assert destination(page, "http://testserver/rooms/lobby/?upto=5") == "/rooms/lobby/?upto=5"
        assert destination(page, "http://testserver/accounts/login/?next=/x/") == ""
        assert destination(page, "https://example.org/rooms/lobby/") == ""
        assert destination(page, "") == ""


def test_sign_in_leads_on_and_to_no_foreign_site(client, ann):
    assert sign_in(client, next="/rooms/lobby/").url == "/rooms/lobby/"
    assert client.session["_auth_user_id"] == str(ann.pk)
    client.logout()
    assert sign_in(client, next="//example.org/").url == "/"


def test_a_wrong_password_is_told_in_words_and_the_inactive_stay_outside(client, ann):
    answer = sign_in(client, password="wrong")
    assert answer.status_code == 200
    assert "That name and password do not go together" in answer.content.decode()
    User.objects.update(is_active=False)
    assert sign_in(client).status_code == 200
    assert "_auth_user_id" not in client.session


def test_the_eleventh_wrong_password_must_wait_and_the_right_one_with_it(client, ann):
    tries = [sign_in(client, password="wrong", token="secret").status_code for _ in range(10)]
    assert tries == [200] * 9 + [429]
    kept = AccessAttempt.objects.get()
    assert (kept.username, kept.failures_since_start) == ("ann", 10)
    assert {*(kept.get_data + kept.post_data).split()} == {"---------"}
    assert sign_in(client, username="x" * 151).status_code == 200
    assert AccessAttempt.objects.count() == 1
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "Too many tries" in answer.content.decode()
    assert sign_in(client, username="ben").status_code == 200


def test_sign_up_signs_in_a_guest_too(client, signed_in, gus):
    for name in ("dora", "gustav"):
        assert client.get("/accounts/signup/").status_code == 200
        assert sign_up(client, name).url == "/rooms/lobby/"
        assert client.session["_auth_user_id"] == str(User.objects.get(username=name).pk)
        signed_in(gus)


@pytest.mark.parametrize("name", ["रोमी", "ขวัญ", "தமிழ்", "Zoë", "Zoe\u0308", "محمّد", "さくら"])
def test_a_username_has_the_letters_of_any_script_with_their_marks(client, db, name):
    assert sign_up(client, name).url == "/rooms/lobby/"
    assert sign_in(client, username=name).url == "/"


@pytest.mark.parametrize("name", ["a b", "\u0301ann", "\u093eann", "a/b", "ann☃", "\u0301"])
def test_a_username_of_other_signs_is_refused_in_words(client, db, name):
    assert "A username has letters, digits and @ . + - _ only." in sign_up(client, name).content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["ANN", "Аnn", "annberg", "admin", "guest-1", "Bot-x", "", "a b", "x" * 151])
def test_sign_up_refuses_names_that_are_not_free(client, ann, name):
    assert sign_up(client, name).status_code == 200
    assert User.objects.count() == 1


def test_sign_out_takes_a_post_and_no_cache_keeps_what_one_saw(signed_in, ann):
    client = signed_in(ann)
    for page in ("/", "/accounts/profile/", "/rooms/new/", "/nothing/here/"):
        assert "no-store" in client.get(page)["Cache-Control"]
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_cookie_that_cannot_be_the_key_of_a_session_is_none():
    for cookie in ("a" * 31 + "\0", "a" * 32 + "\n", "A" * 32, "a" * 7, "a" * 41, ""):
        assert SessionStore(cookie).session_key is None
    assert SessionStore("a1" * 16).session_key == "a1" * 16


def test_many_accounts_from_one_address_wait_and_those_of_others_do_not(client, db, monkeypatch):
    monkeypatch.setattr(views, "SIGN_UP_RATE", "0.001/2")
    answers = []
    for number in range(3):
        answers.append(sign_up(client, f"person{number}"))
        client.logout()
    assert [answer.status_code for answer in answers] == [302, 302, 200]
    assert "Wait a little" in answers[2].content.decode()
    assert 'value="person2"' in answers[2].content.decode()
    assert User.objects.count() == 2
    client.defaults["REMOTE_ADDR"] = "198.51.100.7"
    assert sign_up(client, "person2").status_code == 302


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/password/"])
def test_what_is_wrong_with_a_new_password_is_said_in_the_words_of_this_site(db, client, path):
    names = ["password1", "password2"]
    if path.endswith("/password/"):
        client.force_login(User.objects.create_user("annabelle", password="quite another one"))
        names = ["new_password1", "new_password2"]
    for password, again, words in (
        ("short", "short", "At least 8 characters, please."),
        ("password", "password", "Many people use this password."),
        ("annabelle", "annabelle", "It is too much like your name."),
        ("a long day", "a long night", "The two passwords are not the same."),
        ("", "", "Type it once more."),
    ):
        sent = {"username": "annabelle", "old_password": "wrong", names[0]: password, names[1]: again}
        page = client.post(path, sent).content.decode()
        assert words in page
        for django in ("This password", "The password is", "fields didn", "This field", "Your password", "was entered"):
            assert django not in page


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/admin/login/"])
def test_a_username_is_called_so_everywhere(db, client, path):
    page = client.get(path).content.decode()
    assert "Username" in page
    assert "user name" not in page.lower()


@pytest.mark.parametrize("kind", [User.Kind.BOT, User.Kind.VISITOR])
def test_a_program_or_a_visitor_has_no_session(client, db, kind):
    robot = User.objects.create_user("robot", password=PASSWORD, kind=kind)
    assert sign_in(client, "robot").status_code == 200
    client.force_login(robot)
    assert not client.get("/").context["user"].is_authenticated
