"""Whoever loses the right to listen is cut off; nobody else is."""

from django.contrib.auth import get_user
from django.test import Client

from .conftest import PASSWORD


def test_sign_out_cuts_off(signed_in, ann, cut):
    signed_in(ann).post("/accounts/logout/")
    assert cut == [ann.pk]


def test_signing_in_cuts_nobody_off(client, ann, cut):
    client.post("/accounts/login/", {"username": "ann", "password": PASSWORD})
    assert get_user(client).pk == ann.pk
    assert cut == []


def test_a_guest_who_signs_in_is_cut_off_as_guest(signed_in, ann, gus, cut):
    signed_in(gus).post("/accounts/login/", {"username": "ann", "password": PASSWORD})
    assert cut == [gus.pk]


def test_deactivation_and_demotion_cut_off(ann, cut):
    ann.is_active = False
    ann.save(update_fields=["is_active"])
    ann.is_staff = False
    ann.save()
    assert cut == [ann.pk, ann.pk]


def test_the_date_of_a_sign_in_cuts_nobody_off(ann, cut):
    ann.save(update_fields=["last_login"])
    assert cut == []


def test_a_changed_password_cuts_off(signed_in, ann, cut):
    fresh = {"new_password1": "another long day", "new_password2": "another long day"}
    signed_in(ann).post("/accounts/password/", {"old_password": PASSWORD, **fresh})
    assert set(cut) == {ann.pk}


def test_an_ended_session_cuts_off_however_it_ended(ann, cut):
    from django.contrib.sessions.models import Session

    Client().force_login(ann)
    Session.objects.all().delete()
    assert cut == [ann.pk]


def test_a_session_of_nobody_cuts_nobody_off(client, cut, db):
    client.session.save()
    client.session.flush()
    assert cut == []


def test_deletion_cuts_off(ann, cut):
    pk = ann.pk
    ann.delete()
    assert cut == [pk]
