"""At a desk each visitor talks with the staff alone, who are alerted until one of them answers or is assigned."""

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError

from alerts.models import Alert
from parlour.models import read_heads
from parlour.writes import rights
from rooms.models import Membership, Room
from rooms.posting import submit
from rooms.send_once import NumberedText
from tests.widgets.hosts import address, key, ticket_on, token
from widgets import identity, visitors
from widgets.desk import hand_over
from widgets.models import Visitor
from widgets.tickets import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tom():
    return get_user_model().objects.create_user("tom", display_name="Tom", is_staff=True)


@pytest.fixture
def vera(desk, sue, tom):
    return visitors.vouched(desk, identity.Claims("42", "Vera"))


def say(person, visitor, text):
    [outcome] = submit(person, visitor.room_id, [NumberedText("", 0, text)]).result(10)
    return outcome


def told(person):
    open_ones = Alert.objects.for_person(person).open().filter(archived__isnull=True)
    return [(alert.title_now, alert.body) for alert in open_ones]


def test_a_conversation_is_the_staffs_from_its_first_message_on(client, desk, vera, sue, ann):
    client.force_login(sue)
    assert not Room.objects.visible_to(sue).exists()
    before = read_heads({rights(sue.pk)})
    say(vera.user, vera, "my order is late")
    assert [str(room) for room in Room.objects.visible_to(sue)] == ["Help: Vera"]
    assert read_heads({rights(sue.pk)}) != before  # lists of rooms that are open look again
    assert not Room.objects.visible_to(ann).exists()
    assert told(sue) == [("Vera writes at Help", "my order is late")]
    say(vera.user, vera, "very late")
    assert len(told(sue)) == 1
    assert "very late" in client.get(vera.room.get_absolute_url()).content.decode()


def test_an_answer_is_said_once_though_its_alert_cannot_be_resolved_now(desk, vera, sue, monkeypatch, caplog):
    say(vera.user, vera, "my order is late")

    def unwell(**_):
        raise OperationalError("the database is away")

    monkeypatch.setattr("widgets.desk.resolve", unwell)
    assert say(sue, vera, "it is on its way").text == "it is on its way"
    assert list(vera.room.messages.values_list("text", flat=True)) == ["my order is late", "it is on its way"]
    assert "the database is away" in caplog.text


def test_the_page_of_a_desk_says_who_waits_for_an_answer(client, desk, vera, sue):
    client.force_login(sue)

    def waits():
        return "waits for an answer" in client.get(f"/widgets/{desk.pk}/").content.decode()

    seen = [waits()]
    for person in (vera.user, sue, vera.user):
        say(person, vera, "hello")
        seen.append(waits())
    assert seen == [False, True, False, True]


def test_it_is_answered_by_whoever_of_the_staff_writes(vera, sue, tom):
    say(vera.user, vera, "my order is late")
    say(tom, vera, "I look")
    assert told(sue) == told(tom) == []
    say(vera.user, vera, "thank you")
    assert told(sue) == [("Vera writes at Help", "thank you")]


def test_who_is_assigned_is_told_alone(client, vera, sue, tom):
    say(vera.user, vera, "my order is late")
    client.force_login(sue)
    page = f"/widgets/visitors/{vera.pk}/"
    assert page in client.get(vera.room.get_absolute_url()).content.decode()
    client.post(page, {"do": "hand", "to": "tom"})
    assert (told(sue), told(tom)) == ([], [("Sue handed Vera over to you", "")])
    say(tom, vera, "I look")
    say(vera.user, vera, "still late")
    assert (told(sue), told(tom)) == ([], [("Vera writes at Help", "still late")])
    assert client.post(page, {"do": "hand", "to": "ann"}).status_code == 404


def test_who_joins_the_staff_sees_the_conversations_that_the_others_have(vera, sue, ann, desk):
    visitors.vouched(desk, identity.Claims("43", "Will"))  # who has not said anything yet
    say(vera.user, vera, "my order is late")
    ann.is_staff = True
    ann.save()
    assert [str(room) for room in Room.objects.visible_to(ann)] == ["Help: Vera"]


@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}])
def test_who_leaves_the_staff_leaves_the_desks_and_their_visitors_are_everybodys(vera, sue, tom, ann, change):
    say(vera.user, vera, "my order is late")
    Membership.objects.create(room=vera.room, person=ann)
    hand_over(vera, tom, sue)
    for name, value in change.items():
        setattr(tom, name, value)
    tom.save()
    ann.save()
    assert {*Membership.objects.values_list("person__username", flat=True)} == {vera.user.username, "sue", "ann"}
    assert told(sue) == [("Vera writes at Help", "my order is late")]
    say(sue, vera, "it comes today")
    say(vera.user, vera, "still late")
    assert told(sue) == [("Vera writes at Help", "still late")]


def test_a_visitor_who_is_put_out_of_the_conversation_reads_it_no_more(client, desk, vera, sue):
    shown = Ticket.of(vera, vouched=True).text
    assert client.post(address(desk), {"ticket": shown}).status_code == 200
    Membership.objects.filter(person=vera.user).delete()
    assert client.post(address(desk), {"ticket": shown}).status_code == 403


def test_staff_mute_and_ban_a_visitor_who_stays_banned(client, desk, vera, sue):
    shown = lambda: client.get(address(desk, identity=token(desk, signer))).content.decode()  # noqa: E731
    signer, page = key(desk), f"/widgets/visitors/{vera.pk}/"
    say(vera.user, vera, "spam")
    client.force_login(sue)
    client.post(page, {"do": "mute"})
    assert "You may not write" in str(say(Visitor.objects.get().user, vera, "more spam"))
    assert "You can read here, not write." in shown()
    client.post(page, {"do": "ban"})
    assert "You cannot take part here any more." in shown()
    assert "banned" in client.get(f"/widgets/{desk.pk}/").content.decode()
    client.post(page, {"do": "lift"})
    assert "spam" in shown()


def test_staff_see_whether_a_site_vouches_for_somebody_whatever_it_calls_them(client, desk, sue):
    visitors.vouched(desk, identity.Claims("page-42", "Vera"))
    client.post(address(desk, "name/"), {"display_name": "Vera"})
    client.force_login(sue)
    shown = [client.get(f"/widgets/visitors/{each.pk}/").content.decode() for each in Visitor.objects.order_by("pk")]
    assert "Yes, as “<bdi>page-42</bdi>”" in shown[0]
    assert "No: they chose this name" in shown[1]


def test_a_visitor_has_no_right_in_any_other_room(client, desk, vera):
    Room.objects.create(title="Open", guests=Room.Guests.WRITE)
    assert [str(each.room) for each in Membership.objects.filter(person=vera.user)] == ["Help: Vera"]
    other = visitors.vouched(desk, identity.Claims("43", "Paul"))
    assert "You may not write" in str(say(other.user, vera, "hello"))
    open_room = Room.objects.get(title="Open")
    [outcome] = submit(vera.user, open_room.pk, [NumberedText("", 0, "hello")]).result(10)
    assert "You may not write" in str(outcome)


def test_somebody_without_a_name_is_asked_for_one_before_there_is_a_conversation(client, desk, sue):
    assert "Your name" in client.get(address(desk)).content.decode()
    assert not Room.objects.exists()
    answer = client.post(address(desk, "name/"), {"display_name": "Paul"})
    assert 'aria-label="Message"' in answer.content.decode()
    assert ticket_on(answer)
    assert str(Room.objects.get()) == "Help: Paul"


def test_a_visitor_who_is_put_out_of_the_conversation_does_not_come_back_by_loading_the_page(client, desk, vera, sue):
    signer = key(desk)
    load = lambda: client.get(address(desk, identity=token(desk, signer))).status_code  # noqa: E731
    assert load() == 200
    Membership.objects.filter(person=vera.user).delete()
    assert load() == 403
    assert not Membership.objects.filter(person=vera.user).exists()
    vera.room.members.add(vera.user)
    assert load() == 200
    vera.room.delete()
    assert load() == 200
    assert Visitor.objects.get().room.members.filter(pk=vera.user_id).exists()


def test_nobody_is_called_to_a_visitor_who_was_banned_or_whose_desk_was_deleted(client, desk, vera, sue, tom):
    other = visitors.vouched(desk, identity.Claims("43", "Paul"))
    say(vera.user, vera, "spam")
    say(other.user, other, "my order is late")
    client.force_login(sue)
    client.post(f"/widgets/visitors/{vera.pk}/", {"do": "mute"})
    assert len(told(tom)) == 2
    client.post(f"/widgets/visitors/{vera.pk}/", {"do": "ban"})
    assert told(tom) == [("Paul writes at Help", "my order is late")]
    client.post(f"/widgets/{desk.pk}/delete/")
    assert told(tom) == []


def test_who_is_muted_from_a_page_that_does_not_know_of_a_ban_stays_banned(client, desk, vera, sue):
    client.force_login(sue)
    for do in ("ban", "mute"):
        client.post(f"/widgets/visitors/{vera.pk}/", {"do": do})
    assert not Visitor.objects.get().user.is_active
    client.post(f"/widgets/visitors/{vera.pk}/", {"do": "lift"})
    assert Visitor.objects.get().user.is_active
    assert not Visitor.objects.get().user.is_muted


def test_what_a_visitor_asked_somebody_who_leaves_the_staff_is_theirs_no_more_and_everybodys_again(
    vera, desk, sue, tom
):
    other = visitors.vouched(desk, identity.Claims("43", "Paul"))
    for visitor in (vera, other):
        say(visitor.user, visitor, "hello")
        hand_over(visitor, tom, sue)
    say(vera.user, vera, "it is a secret")
    say(tom, other, "hello")
    assert "handed Vera over to you" in str(told(tom))
    tom.is_staff = False
    tom.save()
    assert told(tom) == []
    assert told(sue) == [("Vera writes at Help", "it is a secret")]
