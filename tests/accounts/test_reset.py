"""A forgotten password: a link by mail leads to a new one."""

import re
from threading import Event

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from accounts import forms, views
from alerts.models import PersonalSettings
from tests.waiting import until

RESET = "/accounts/reset/"
FRESH = {"new_password1": "another long day", "new_password2": "another long day"}


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://chat.example.org/", ["*"]


def link(message):
    return re.search(r"https://chat.example.org(/accounts/reset/\S+)", message.body)[1]


def mails(n):
    """The mails that were sent, once there are `n`."""
    until(lambda: len(mail.outbox) >= n)
    assert len(mail.outbox) == n
    return mail.outbox


def test_the_link_leads_to_a_new_password_once(client, ann):
    ann.email = "ann@example.org"
    ann.save()
    PersonalSettings.objects.create(person=ann, feed="made by a thief")
    assert client.post(RESET, {"email": "Ann@example.org"}).url == "/accounts/login/"
    [message] = mails(1)
    assert (message.to, "Ann Berg" in message.body) == (["ann@example.org"], True)
    form = client.get(link(message), follow=True)
    assert client.post(form.redirect_chain[-1][0], FRESH).url == "/accounts/login/"
    assert client.post("/accounts/login/", {"username": "ann", "password": "another long day"}).status_code == 302
    client.logout()
    assert PersonalSettings.objects.get().feed == "", "whoever made one before reads no alerts any more"
    assert "was used already" in client.get(link(message), follow=True).content.decode()


def test_nobody_learns_which_addresses_have_an_account(client, ann):
    answer = client.post(RESET, {"email": "nobody@example.org"}, follow=True)
    assert "If an account has this address" in answer.content.decode()
    assert mail.outbox == []


def test_many_who_ask_wait(client, ann, monkeypatch):
    monkeypatch.setattr(views, "RESET_RATE", "0.001/1")
    client.post(RESET, {"email": "ann@example.org"})
    assert "Wait a little" in client.post(RESET, {"email": "ann@example.org"}).content.decode()


def test_the_link_leads_to_this_site_whatever_host_was_asked_for(client, ann):
    ann.email = "ann@example.org"
    ann.save()
    client.post(RESET, {"email": "ann@example.org"}, headers={"Host": "evil.example"})
    [message] = mails(1)
    assert link(message)
    assert "evil" not in message.body + message.subject


def test_no_account_is_sent_many_links_wherever_they_are_asked_for(client, ann, monkeypatch):
    ann.email = "ann@example.org"
    ann.save()
    for n in range(9):
        asked = client.post(RESET, {"email": "ann@example.org"}, REMOTE_ADDR=f"192.0.2.{n}", follow=True)
        assert "If an account has this address" in asked.content.decode()
    forms.mailing.submit(int).result()
    assert len(mail.outbox) == 3


def test_the_answer_comes_as_soon_with_an_account_as_without(client, ann, monkeypatch):
    ann.email = "ann@example.org"
    ann.save()
    server, send = Event(), EmailMultiAlternatives.send
    monkeypatch.setattr(EmailMultiAlternatives, "send", lambda mail: server.wait(10) and send(mail))
    assert client.post(RESET, {"email": "ann@example.org"}).status_code == 302
    assert mail.outbox == []
    server.set()
    mails(1)
