"""One's own name, zone and password."""

import datetime
import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.middleware import own_zone
from accounts.models import User
from alerts import notify
from rooms.models import Room
from rooms.posting import post, prepare
from rooms.send_once import NumberedText

from .conftest import PASSWORD


def save(client, **fields):
    return client.post("/accounts/profile/", {"display_name": "", "time_zone": "", **fields})


def test_name_and_zone_are_kept(signed_in, ann):
    assert save(signed_in(ann), display_name="Änne", time_zone="Europe/Berlin").url == "/accounts/profile/"
    ann.refresh_from_db()
    assert (ann.name, ann.zone) == ("Änne", "Europe/Berlin")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd"])
def test_an_unknown_zone_is_refused(signed_in, ann, zone):
    assert save(signed_in(ann), time_zone=zone).status_code == 200
    ann.refresh_from_db()
    assert ann.time_zone == ""


def test_a_borrowed_name_is_refused_and_shown_nowhere_else(signed_in, ann):
    User.objects.create_user("ben")
    answer = save(signed_in(ann), display_name="BEN")
    assert "Please choose another" in answer.content.decode()
    assert answer.wsgi_request.user.name == "Ann Berg"
    assert save(signed_in(ann), display_name="Admin").status_code == 200


def test_ones_own_name_is_not_borrowed_and_staff_may_bear_the_name_of_a_role(signed_in, ann):
    assert save(signed_in(ann), display_name="ANN").status_code == 302
    User.objects.update(is_staff=True)
    assert save(signed_in(ann), display_name="Moderator").status_code == 302


def test_a_guest_keeps_a_name_and_the_box_for_a_password_gets_it_next(client, signed_in, gus):
    assert "A guest needs a name." in save(signed_in(gus)).content.decode()
    gus.refresh_from_db()
    assert gus.name == "Gus"
    client.logout()
    page = client.post("/accounts/login/", {"username": "ann", "password": ""}).content.decode()
    assert re.findall(r'<input type="(\w+)"[^>]* autofocus', page) == ["password"]


def test_nobody_tries_passwords_without_end_at_a_page_that_stayed_open(signed_in, ann):
    here, fresh = signed_in(ann), {"new_password1": "another long day", "new_password2": "another long day"}
    for _ in range(11):
        answer = here.post("/accounts/password/", {"old_password": "a guess", **fresh})
    assert "Wait a little" in answer.content.decode()
    assert here.post("/accounts/delete/", {"password": PASSWORD}).status_code == 422


def test_a_page_has_its_reader_and_nothing_that_looks_them_up_again_and_again(signed_in, ann):
    assert type(signed_in(ann).get("/accounts/profile/").wsgi_request.user) is User


def test_times_are_shown_in_the_readers_zone(rf, ann):
    noon = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
    page = own_zone(lambda _: HttpResponse(f"{timezone.localtime(noon):%H:%M}"))
    request = rf.get("/")
    request.user = ann
    for zone, hour in (("Asia/Tokyo", b"21:00"), ("", b"12:00")):
        ann.time_zone = zone
        assert page(request).content == hour


@pytest.mark.django_db(transaction=True)
def test_who_chose_no_zone_reads_once_on_each_page_in_which_zone_its_times_are(signed_in, ann):
    room = Room.objects.create(title="Lobby")
    post([prepare(room.pk, ann.pk, NumberedText("", 0, "hello"))])
    notify(ann, "news", "hello")
    for page in ("/rooms/lobby/", "/", "/alerts/"):
        shown = signed_in(ann).get(page).content.decode()
        assert "Times are in UTC." in shown
        assert re.search(r'<time datetime="[^"]+" title="\d+ \w+ \d{4}, \d\d:\d\d UTC">', shown)
    assert "Times are in UTC." in Client().get("/rooms/lobby/").content.decode()
    User.objects.filter(pk=ann.pk).update(time_zone="Asia/Tokyo")
    shown = signed_in(ann).get("/rooms/lobby/").content.decode()
    assert "Times are in" not in shown
    assert re.search(r'<time datetime="[^"]+" title="[^"]+ JST">', shown)


def test_pages_are_in_the_language_that_a_person_chose_else_in_the_browsers(signed_in, ann):
    browser = signed_in(ann)
    assert '<html lang="en"' in browser.get("/accounts/reset/").content.decode()
    german = browser.get("/accounts/sessions/", headers={"accept-language": "de"})
    assert ('<html lang="de"' in german.content.decode(), german["Content-Language"]) == (True, "de")
    ann.language = "en"
    ann.save()
    english = browser.get("/accounts/sessions/", headers={"accept-language": "de"})
    assert ('<html lang="en"' in english.content.decode(), english["Content-Language"]) == (True, "en")


def test_pages_are_light_or_dark_as_a_person_chose(signed_in, ann):
    browser = signed_in(ann)
    browser.post("/accounts/profile/", {"display_name": "Ann Berg", "theme": "dark"})
    page = browser.get("/accounts/profile/").content.decode()
    assert 'data-theme="dark"' in page
    assert '<meta name="color-scheme" content="dark">' in page
