"""Whoever loses the right to listen is cut off; nobody else is."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from accounts.tokens import make_token

from .conftest import PASSWORD


def test_sign_out_cuts_off_and_empties_the_browsers_cache(signed_in, ann, cut):
    answer = signed_in(ann).post("/accounts/logout/")
    assert cut == [ann.pk]
    assert answer["Clear-Site-Data"] == '"cache"'


def test_signing_in_cuts_off_only_the_guest_one_was(client, signed_in, ann, gus, cut):
    for before in ([], [gus.pk]):
        if before:
            signed_in(gus)
        client.post("/accounts/login/", {"username": "ann", "password": PASSWORD})
        assert get_user(client).pk == ann.pk
        assert cut == before
        client.logout()
        cut.clear()


def test_deactivation_demotion_and_deletion_cut_off(ann, cut):
    ann.is_active = False
    ann.save(update_fields=["is_active"])
    ann.is_staff = False
    ann.save()
    pk = ann.pk
    ann.delete()
    assert cut == [pk] * 3


def test_a_changed_password_cuts_off_and_ends_other_sessions_only(signed_in, ann, cut):
    here, elsewhere = signed_in(ann), Client()
    elsewhere.force_login(ann)
    fresh = {"new_password1": "another long day", "new_password2": "another long day"}
    assert here.post("/accounts/password/", {"old_password": PASSWORD, **fresh}).url == "/accounts/profile/"
    assert set(cut) == {ann.pk}
    assert here.get("/accounts/profile/").status_code == 200
    assert elsewhere.get("/accounts/profile/").status_code == 302


@pytest.mark.parametrize("days", [1, -1])
def test_after_a_new_password_somebody_is_told_of_tokens_that_stay_valid(signed_in, ann, days):
    make_token(ann, "Deploys", ["notify"], [], days)
    fresh = {"new_password1": "another long day", "new_password2": "another long day"}
    page = signed_in(ann).post("/accounts/password/", {"old_password": PASSWORD, **fresh}, follow=True).content.decode()
    assert ("Tokens of your programs stay valid" in page) == (days > 0)


def test_an_ended_session_cuts_off_whoever_had_it_however_it_ended(client, ann, cut):
    client.session.save()
    client.session.flush()
    assert cut == []
    Client().force_login(ann)
    Session.objects.all().delete()
    assert cut == [ann.pk]


def test_a_session_ends_on_its_day_though_its_row_is_still_there(signed_in, ann):
    browser = signed_in(ann)
    assert browser.get("/accounts/profile/").status_code == 200
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert browser.get("/accounts/profile/").status_code == 302
