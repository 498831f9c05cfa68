"""An account is deleted: what is private goes, what was written for others stays."""

import pytest

from accounts.models import Session, User
from alerts import notify
from alerts.models import Alert
from rooms.direct import direct_room
from rooms.models import Membership, Message, Restriction, Room
from rooms.posting import submit
from rooms.send_once import NumberedText
from shop.place_order import place_order

from .conftest import PASSWORD

DELETE = "/accounts/delete/"


@pytest.fixture
def den(ann):
    den = Room.objects.create(title="Den", access="members", owner=ann)
    Membership.objects.create(room=den, person=ann)
    return den


def test_lines_stay_as_a_former_members_and_all_else_goes(signed_in, ann, den):
    ann.email = "ann@example.org"
    ann.save()
    submit(ann, den.pk, [NumberedText("", 0, "Remember me")]).result()
    notify(ann, "news", "Something for Ann")
    answer = signed_in(ann).post(DELETE, {"password": PASSWORD})
    assert answer.url == "/"
    [line] = Message.objects.select_related("author")
    assert (line.text, line.author.name, line.author.is_active) == ("Remember me", "Former member", False)
    assert (line.author.email, line.author.has_usable_password()) == ("", False)
    assert not User.objects.filter(username="ann").exists()
    assert not Membership.objects.exists()
    assert not Alert.objects.exists()
    assert not Session.objects.filter(person=ann.pk).exists()


def test_a_room_goes_on_to_whoever_has_been_a_member_for_longest(signed_in, ann, den):
    for name in ("ben", "cleo"):
        Membership.objects.create(room=den, person=User.objects.create_user(name))
    signed_in(ann).post(DELETE, {"password": PASSWORD})
    den.refresh_from_db()
    assert den.owner.username == "ben"


def test_no_room_goes_on_to_who_is_banned_or_muted_in_it(signed_in, ann, den):
    ben, cleo, dora = (User.objects.create_user(name) for name in ("ben", "cleo", "dora"))
    for person in (ben, cleo, dora):
        Membership.objects.create(room=den, person=person)
    Restriction.objects.create(room=den, person=ben, kind="ban")
    Restriction.objects.create(room=den, person=cleo, kind="mute", until="2000-01-01T00:00Z")
    signed_in(ann).post(DELETE, {"password": PASSWORD})
    den.refresh_from_db()
    assert den.owner == cleo


def test_no_conversation_is_called_by_their_name_any_more(signed_in, ann):
    room = direct_room([ann, User.objects.create_user("ben")])
    assert room.title == "Ann Berg, ben"
    signed_in(ann).post(DELETE, {"password": PASSWORD})
    room.refresh_from_db()
    assert "Ann" not in room.title


def test_a_quote_names_a_former_member(signed_in, ann, den):
    ben = User.objects.create_user("ben")
    first = submit(ann, den.pk, [NumberedText("", 0, "A question")]).result()[0]
    Membership.objects.create(room=den, person=ben)
    answer = submit(ben, den.pk, [NumberedText("", 0, "An answer")]).result()[0]
    quote = {"pk": first.pk, "author": ann.pk, "name": "Ann Berg", "text": "A question"}
    Message.objects.filter(pk=answer.pk).update(answers=first, quote=quote)
    signed_in(ann).post(DELETE, {"password": PASSWORD})
    answer.refresh_from_db()
    assert answer.quote["name"] == "Former member"
    assert answer.changed is None  # it is numbered anew when the deletion is committed


def test_a_wrong_password_deletes_nothing_and_is_told(signed_in, ann):
    answer = signed_in(ann).post(DELETE, {"password": "guessed"})
    assert answer.status_code == 422
    assert "That is not your password" in answer.content.decode()
    assert User.objects.filter(username="ann").exists()


def test_the_last_who_can_administer_the_site_stays(signed_in, ann):
    ann.is_superuser = True
    ann.save()
    assert "Nobody else can administer" in signed_in(ann).post(DELETE, {"password": PASSWORD}).content.decode()


def test_a_guest_has_no_account_to_delete(signed_in, db):
    assert signed_in(User.objects.create_guest("Gus")).get(DELETE).url == "/accounts/signup/"


def test_no_alert_of_an_order_names_them_any_more(signed_in, ann):
    staff = User.objects.create_user("sue", is_staff=True)
    place_order(ann, "Tea", 1250, "EUR")
    [told] = Alert.objects.for_person(staff)
    assert told.title_now == "New order: Tea, from Ann Berg"
    signed_in(ann).post(DELETE, {"password": PASSWORD})
    [told] = Alert.objects.for_person(staff).select_related("actor")
    assert (told.title_now, told.body) == ("New order: Tea, from Former member", "12.50 EUR")
