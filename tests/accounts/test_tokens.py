"""Tokens for programs: made and revoked on a page, and worth no more than their owners."""

import datetime
import html
import re

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from accounts import demo, token_views, tokens
from accounts.models import ApiToken, User
from rooms.models import Membership


def make(client, *rooms, **fields):
    filled = {"name": "Deploys", "scopes": ["read", "post"], "rooms": [room.pk for room in rooms], "days": 90, **fields}
    return client.post("/accounts/tokens/", filled)


def secret_in(response):
    return re.search(r"parlour_[\w-]{43}", response.content.decode())[0]


def test_the_secret_is_shown_once_and_kept_nowhere(signed_in, ann, lobby, team):
    response = make(signed_in(ann), lobby, team)
    secret = secret_in(response)
    assert f'curl -H "Authorization: Bearer {secret}"' in html.unescape(response.content.decode())
    token = ApiToken.objects.get()
    assert secret not in str({**vars(token), **vars(token.bot)})
    assert tokens.authenticate(secret, "10.0.0.1") == token
    page = signed_in(ann).get("/accounts/tokens/").content.decode()
    assert secret not in page
    assert all(words in page for words in (secret[:12], "Deploys", "Lobby", "Team", "last used"))
    assert datetime.timedelta(days=89) < token.expires - timezone.now() < datetime.timedelta(days=91)


def test_a_reload_makes_no_second_one(signed_in, ann, lobby):
    make(signed_in(ann), lobby)
    again = make(signed_in(ann), lobby)
    assert (again.status_code, ApiToken.objects.count()) == (422, 1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "Ann Berg"}, "Somebody with an account has that name"),
        ({"name": "moderator"}, "belongs to the people who run this place"),
        ({"scopes": []}, "Choose what it may do."),
        ({"scopes": ["notify"]}, "notify is not one of the available choices"),
        ({"rooms": []}, "Choose at least one room."),
        ({"days": 400}, "400 is not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_beside_it(signed_in, ann, lobby, wrong, words):
    response = make(signed_in(ann), lobby, **wrong)
    assert response.status_code == 422
    assert words in html.unescape(response.content.decode())
    assert not ApiToken.objects.exists()


def test_their_number_is_limited_as_each_may_post_as_much_as_a_person(signed_in, ann, lobby, monkeypatch):
    monkeypatch.setattr(token_views, "MOST", 1)
    client = signed_in(ann)
    make(client, lobby)
    assert "You have 1 tokens, which is the most." in make(client, lobby, name="Second").content.decode()
    assert ApiToken.objects.count() == 1


def test_nobody_else_takes_the_name_of_a_program_until_it_is_revoked(signed_in, ann, lobby):
    make(signed_in(ann), lobby)
    ben = signed_in(User.objects.create_user("ben"))
    assert make(ben, lobby, name="Dep1oys").status_code == 422
    Client().post("/accounts/guest/", {"display_name": "deploys"})
    assert not User.objects.filter(kind=User.Kind.GUEST).exists()
    ann.api_tokens.get().delete()
    assert make(ben, lobby, name="Dep1oys").status_code == 200


def test_only_rooms_that_its_owner_may_read_can_be_chosen(signed_in, ann, team):
    ben = User.objects.create_user("ben")
    assert make(signed_in(ben), team).status_code == 422


def test_guests_have_none_and_nobody_has_another_s(signed_in, ann, lobby):
    make(signed_in(ann), lobby)
    address = f"/accounts/tokens/{ApiToken.objects.get().pk}/revoke/"
    assert signed_in(User.objects.create_guest("Gus")).get("/accounts/tokens/").url == "/accounts/signup/"
    stranger = signed_in(User.objects.create_user("ben"))
    assert (stranger.get(address).status_code, stranger.post(address).status_code) == (404, 404)


def test_to_revoke_it_takes_a_second_click_and_is_for_good(signed_in, ann, lobby):
    secret = secret_in(make(signed_in(ann), lobby))
    bot = ApiToken.objects.get().bot
    address = f"/accounts/tokens/{bot.api_token.pk}/revoke/"
    assert b"Revoke token" in signed_in(ann).get(address).content
    assert signed_in(ann).post(address).url == "/accounts/tokens/"
    bot.refresh_from_db()
    assert not bot.is_active
    with pytest.raises(tokens.Refused):
        tokens.authenticate(secret, "10.0.0.1")


def test_its_bot_belongs_to_a_room_while_its_owner_does(ann, lobby, team):
    tokens.make_token(ann, "Deploys", ["read"], [lobby, team], 90)
    bot = ApiToken.objects.get().bot
    belongs = Membership.objects.filter(person=bot).values_list("room", flat=True)
    assert [*belongs.all()] == [team.pk]  # not to a room that would let it in without its owner one day
    Membership.objects.get(person=ann, room=team).delete()
    assert [*belongs.all()] == []


def test_it_opens_nothing_while_its_owner_may_not_sign_in(ann, lobby):
    secret = tokens.make_token(ann, "Deploys", ["read"], [lobby], 90)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    with pytest.raises(tokens.Refused):
        tokens.authenticate(secret, "10.0.0.1")


def test_it_goes_with_its_owner(ann, lobby):
    tokens.make_token(ann, "Deploys", ["read"], [lobby], 90)
    bot = ApiToken.objects.get().bot
    ann.delete()
    bot.refresh_from_db()
    assert (ApiToken.objects.count(), bot.is_active) == (0, False)


def test_wrong_ones_are_limited_by_address_and_right_ones_are_not(ann, lobby, monkeypatch):
    monkeypatch.setattr(tokens, "WRONG_RATE", "0.01/2")
    secret = tokens.make_token(ann, "Deploys", ["read"], [lobby], 90)
    statuses = []
    for each in ("parlour_" + "x" * 43, "nonsense", ""):
        with pytest.raises(tokens.Refused) as refused:
            tokens.authenticate(each, "10.0.0.1")
        statuses.append(refused.value.status)
    assert statuses == [401, 401, 429]
    assert tokens.authenticate(secret, "10.0.0.1").name == "Deploys"


def test_a_demo_account_that_is_closed_here_has_no_programs_either(ann, lobby, settings):
    settings.DEMO = False
    secret = tokens.make_token(ann, "Deploys", ["read"], [lobby], 90)
    User.objects.filter(pk=ann.pk).update(password=make_password("parlour", demo.SALT))
    with pytest.raises(tokens.Refused):
        tokens.authenticate(secret, "10.0.0.1")


def test_an_admin_finds_whose_a_bot_is_and_revokes_its_token(ann, lobby, admin_client):
    tokens.make_token(ann, "Deploys", ["read", "post"], [lobby], 90)
    token, page = ApiToken.objects.get(), "/admin/accounts/apitoken/"
    assert ">ann</" in admin_client.get(page).content.decode()
    shown = admin_client.get(f"{page}{token.pk}/change/").content.decode()
    assert "Lobby" in shown
    assert token.digest not in shown
    admin_client.post(f"{page}{token.pk}/delete/", {"post": "yes"})
    assert not User.objects.get(pk=token.bot_id).is_active


@pytest.mark.parametrize("number", ["9" * 19, "9" * 30, "-1", "x"])
@pytest.mark.parametrize("address", ["/accounts/tokens/", "/webhooks/new/"])
def test_a_number_that_no_room_has_is_none_of_theirs(signed_in, sue, address, number):
    fields = {"name": "Deploys", "scopes": "read", "days": 7, "address": "https://example.org/", "rooms": number}
    assert signed_in(sue).post(address, fields).status_code == 422
