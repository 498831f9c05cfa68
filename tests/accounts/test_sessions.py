"""Where somebody is signed in, and how they sign out there."""

import pytest
from django.test import Client

from accounts.models import Session, User
from accounts.session_views import browser

SESSIONS = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"


def sign_in(person, agent):
    client = Client(headers={"user-agent": agent})
    password = "a long day by the sea"
    client.post("/accounts/login/", {"username": person.username, "password": password}, REMOTE_ADDR="192.0.2.7")
    return client


def test_each_session_is_told_by_its_browser_and_ends_alone(ann, cut):
    here, phone = sign_in(ann, FIREFOX), sign_in(ann, PHONE)
    page = here.get(SESSIONS).content.decode()
    assert "Firefox on Linux" in page
    assert "Chrome on Android" in page
    assert "192.0.2.7" in page
    assert phone.session.session_key not in page
    [other] = here.get(SESSIONS).context["others"]
    assert here.post(SESSIONS, {"end": other.number}).url == SESSIONS
    assert cut == [ann.pk]
    assert phone.get("/accounts/profile/").status_code == 302
    assert here.get("/accounts/profile/").status_code == 200
    assert "Sign out everywhere else" not in here.get(SESSIONS).content.decode()


def test_all_others_end_at_once_and_nobody_elses(ann, db):
    ben = User.objects.create_user("ben", password="a long day by the sea")
    here, elsewhere, other = sign_in(ann, FIREFOX), sign_in(ann, PHONE), sign_in(ben, FIREFOX)
    [bens] = Session.objects.filter(person=ben)
    assert here.post(SESSIONS, {"end": bens.number}).status_code == 404
    here.post(SESSIONS, {"others": "1"})
    assert elsewhere.get(SESSIONS).status_code == 302
    assert other.get(SESSIONS).status_code == here.get(SESSIONS).status_code == 200


@pytest.mark.parametrize(
    ("agent", "named"),
    [
        ("", "A browser"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("curl/8.5.0", "A browser"),
    ],
)
def test_browsers_are_told_in_words(agent, named):
    assert browser(agent) == named
