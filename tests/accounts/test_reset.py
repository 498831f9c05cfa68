"""A forgotten password: a link by mail leads to a new one."""

import re

from django.core import mail

from accounts import views

RESET = "/accounts/reset/"
FRESH = {"new_password1": "another long day", "new_password2": "another long day"}


def link(message):
    return re.search(r"http://testserver(/accounts/reset/\S+)", message.body)[1]


def test_the_link_leads_to_a_new_password_once(client, ann):
    ann.email = "ann@example.org"
    ann.save()
    assert client.post(RESET, {"email": "Ann@example.org"}).url == "/accounts/login/"
    [message] = mail.outbox
    assert (message.to, "Ann Berg" in message.body) == (["ann@example.org"], True)
    form = client.get(link(message), follow=True)
    assert client.post(form.redirect_chain[-1][0], FRESH).url == "/accounts/login/"
    assert client.post("/accounts/login/", {"username": "ann", "password": "another long day"}).status_code == 302
    client.logout()
    assert "was used already" in client.get(link(message), follow=True).content.decode()


def test_nobody_learns_which_addresses_have_an_account(client, ann):
    answer = client.post(RESET, {"email": "nobody@example.org"}, follow=True)
    assert "If an account has this address" in answer.content.decode()
    assert mail.outbox == []


def test_many_who_ask_wait(client, ann, monkeypatch):
    monkeypatch.setattr(views, "RESET_RATE", "0.001/1")
    client.post(RESET, {"email": "ann@example.org"})
    assert "Wait a little" in client.post(RESET, {"email": "ann@example.org"}).content.decode()
