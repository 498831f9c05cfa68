"""A mail address is a person's once they have followed the link that was sent to it."""

import re

import pytest
from django.core import mail, signing

from accounts import addresses
from accounts.models import User

from .conftest import PASSWORD


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://chat.example.org/", ["*"]


@pytest.fixture
def link(ann):
    """link(client, "a@example.org") types that address and gives the path that was mailed."""

    def ask(client, address):
        assert client.post("/accounts/address/", {"email": address, "password": PASSWORD}).url == "/alerts/preferences/"
        assert mail.outbox[-1].to == [address]
        return re.search(r"https://chat.example.org(/accounts/address/\S+)", mail.outbox[-1].body)[1]

    return ask


def test_an_address_counts_once_its_link_was_followed_by_who_asked_for_it(signed_in, link, ann, gus):
    here = signed_in(ann)
    path = link(here, "ann@example.org")
    ann.refresh_from_db()
    assert ann.email == ""
    assert signed_in(gus).get(path).status_code == 404
    here = signed_in(ann)
    assert here.get(path).url == "/alerts/preferences/"
    ann.refresh_from_db()
    assert ann.email == "ann@example.org"


def test_a_link_counts_no_more_after_another_was_followed_or_a_day_has_passed(signed_in, link, ann, monkeypatch):
    here = signed_in(ann)
    first, second = link(here, "one@example.org"), link(here, "two@example.org")
    here.get(second)
    assert here.get(first).url == "/accounts/address/"
    ann.refresh_from_db()
    assert ann.email == "two@example.org"
    path = link(here, "three@example.org")
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + addresses.AGE + 1)
    assert here.get(path).url == "/accounts/address/"
    assert here.get(path + "x/").status_code == 404


def test_nobody_is_sent_many_links_by_however_many_accounts(client, ann):
    for name in ("ben", "cleo", "dora"):
        client.force_login(User.objects.create_user(name, password=PASSWORD))
        for _ in range(3):
            client.post("/accounts/address/", {"email": "Victim@example.org", "password": PASSWORD})
    assert len(mail.outbox) == 3


def test_one_address_of_the_network_sends_so_many_links(client, db, monkeypatch):
    monkeypatch.setattr(addresses, "FROM_ONE_PLACE", "0.001/2")
    for name in ("ben", "cleo", "dora"):
        client.force_login(User.objects.create_user(name, password=PASSWORD))
        client.post("/accounts/address/", {"email": f"victim+{name}@example.org", "password": PASSWORD})
    assert len(mail.outbox) == 2


def test_a_link_leads_to_this_site_whatever_host_was_asked_for(signed_in, ann):
    asked = {"email": "ann@example.org", "password": PASSWORD}
    signed_in(ann).post("/accounts/address/", asked, headers={"Host": "evil.example"})
    assert "evil" not in mail.outbox[0].body


def test_what_is_no_address_too_many_links_and_a_server_that_is_away_are_said_in_words(signed_in, ann, settings):
    here = signed_in(ann)
    for wrong in ("", "ann", "ann@example.org\nBcc: all@example.org", "x" * 300 + "@example.org"):
        assert here.post("/accounts/address/", {"email": wrong, "password": PASSWORD}).status_code == 422
    settings.EMAIL_BACKEND = "no.such.Backend"
    answer = here.post("/accounts/address/", {"email": "ann@example.org", "password": PASSWORD})
    assert (answer.status_code, "could not be sent" in answer.content.decode()) == (422, True)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    answers = [
        here.post("/accounts/address/", {"email": "ann@example.org", "password": PASSWORD}).status_code
        for _ in range(3)
    ]
    assert answers == [302, 302, 422]


def test_who_does_not_know_the_password_sends_no_link(signed_in, ann):
    answer = signed_in(ann).post("/accounts/address/", {"email": "eve@example.org", "password": "a guess"})
    assert (answer.status_code, "not your password" in answer.content.decode()) == (422, True)
    assert mail.outbox == []


def test_a_guest_is_led_to_an_account(signed_in, gus):
    assert signed_in(gus).get("/accounts/address/").url == "/accounts/signup/"


def test_where_no_mail_is_sent_none_is_spoken_of(signed_in, client, ann, settings):
    here = signed_in(ann)
    assert "Give a mail address" in here.get("/accounts/profile/").content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert "Give a mail address" not in here.get("/accounts/profile/").content.decode()
    assert here.get("/accounts/address/").status_code == 404
    here.logout()
    assert here.get("/accounts/reset/").status_code == 404
    assert "Forgot" not in here.get("/accounts/login/").content.decode()
