"""`@name` in a room: who is told, what is marked, and how much of a room one hears.

Who mentions and mentions is one line and one toast, and soon nobody is told; a guest rings few.
"""

from itertools import product

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts import audiences, notify
from alerts.bell import bells
from alerts.models import Alert
from alerts.testing import BellPage
from chat.forms import NotificationLevelForm
from parlour.presence import record
from rooms import mentions
from rooms.models import Membership, Message, NotificationLevel, Room
from rooms.permissions import rights
from rooms.posting import post, prepare
from rooms.send_once import NumberedText
from tests.parlour.recording_page import RecordingPage
from tests.rooms.posts import lines, say

pytestmark = pytest.mark.django_db(transaction=True)


async def test_who_is_mentioned_is_told_and_led_to_the_message(ann, ben, lobby):
    async with BellPage(ben) as bell, RecordingPage(ann) as room:
        await room.send(kind="say", text="Morning @ben, tea?")
        await bell.shows("Ann mentioned you in Lobby")
        await bell.receives("beforeend:#bell-toasts")
        await room.receives(f'<span class="pl-mention" data-person="{ben.pk}">@ben</span>')
        message, alert = await Message.objects.aget(), await Alert.objects.aget()
        assert alert.url == f"/rooms/lobby/?at={message.pk}#room-lobby-{message.pk}"
        assert alert.about == f"parlour_rooms.message:{message.pk}"
        await sync_to_async(message.delete)()
        await bell.shows("Nothing is waiting")


NAMED = [
    "@ben",
    "@BEN.",
    "(@Ben)",
    "hello **@ben**!",
    "_@ben_",
    "thanks.@ben.Bye",
    "@ben’s",
    "こんにちは@ben",
    "@benさん",
]
NOT_NAMED = ["ann@ben.example", "`@ben`", "@bench", "@nobody", "@@ben", "@ben@example.com", "@ben_x", "@ben2", r"\@ben"]


def test_only_a_name_is_a_mention(ann, ben, lobby):
    for number, text in enumerate([*NAMED, *NOT_NAMED], start=1):
        row = say(ann, lobby, text)
        assert ("mention" in row.html) is (text in NAMED), text
        assert Alert.objects.count() == min(number, len(NAMED)), text


def test_a_display_name_with_blanks_is_a_name_and_one_of_two_is_nobodys(ann, ben, lobby):
    ben.display_name = "Ben van Dam"
    ben.save()
    row = say(ann, lobby, "I asked @Ben van Dam, who knows")
    assert f'data-person="{ben.pk}">@Ben van Dam</span>' in row.html
    assert len(lines(ben)) == 1
    twins = [get_user_model().objects.create_guest("Kim") for _ in range(2)]
    say(ann, lobby, "@Kim")
    assert not lines(twins[0]) + lines(twins[1])


NAMES = ["Groß", "İrem", "राम", "ศักดิ์", "太郎", "민수", "علی\u200cرضا", "O’Brien (HR)", "A. B."]
NAMES += ["Jean-Luc de la Tour", "👩\u200d💻 Ann"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_script_is_mentioned_and_the_longest_counts(ann, ben, lobby, name):
    get_user_model().objects.create_user("short", display_name=name[:1])
    ben.display_name = name
    ben.save()
    for text in (f"@{name}", f"@{name} hello, you", f"so,@{name}: hello", f"**@{name}**!", f"@{name.upper()}.Thanks"):
        assert f'data-person="{ben.pk}">@{text[text.index("@") + 1 :][: len(name)]}' in say(ann, lobby, text).html, text
    assert len(lines(ben)) == 1


@pytest.mark.parametrize(("name", "text"), [("太郎", "今日は@太郎さんと"), ("ศักดิ์", "สวัสดี@ศักดิ์ครับ"), ("민수", "@민수야")])
def test_no_blank_is_needed_where_a_script_has_none(ann, ben, lobby, name, text):
    ben.display_name = name
    ben.save()
    assert f'data-person="{ben.pk}">@{name}</span>' in say(ann, lobby, text).html


def test_a_joiner_of_a_name_may_be_left_out(ann, ben, lobby):
    ben.display_name = "علی\u200cرضا"
    ben.save()
    assert f'data-person="{ben.pk}">@علیرضا</span>' in say(ann, lobby, "سلام @علیرضا").html


def test_who_manages_a_room_mentions_everyone_and_who_is_here(ann, ben, gus, lobby):
    others = [get_user_model().objects.create_user(f"other{n}") for n in range(3)]
    member, muted, visitor = others
    lobby.owner = ann
    lobby.save()
    Membership.objects.bulk_create(Membership(room=lobby, person=person) for person in (ann, member, muted))
    NotificationLevel.objects.create(room=lobby, person=muted, level="nothing")
    record("process", {(lobby.people, str(person.pk)) for person in (ann, visitor, gus)}, set())
    assert "mention" not in say(ben, lobby, "@everyone @here").html
    assert Alert.objects.count() == 0
    assert '<span class="pl-mention">@here</span>' in say(ann, lobby, "@here hello").html
    assert [len(lines(person)) for person in (ann, ben, gus, member, muted, visitor)] == [0, 0, 1, 0, 0, 1]
    say(ann, lobby, "@Everyone: hello")
    assert [len(lines(person)) for person in (ann, ben, gus, member, muted, visitor)] == [0, 0, 1, 1, 0, 1]
    assert say(ann, lobby, "@here and @here").unheard == mentions.TOO_MANY


def test_everyone_of_a_large_room_is_one_row(ann, ben):
    team = Room.objects.create(title="Team", access="members", owner=ann)
    users = get_user_model().objects
    people = users.bulk_create(users.model(username=f"member{n}", username_key=f"member{n}") for n in range(300))
    Membership.objects.bulk_create(Membership(room=team, person=person) for person in [ann, *people])
    say(ann, team, "@everyone")
    assert Alert.objects.count() == 1
    assert lines(people[-1]) == ["Ann mentioned you in Team"]
    assert not lines(ann) + lines(ben)
    with CaptureQueriesContext(connection) as queries:
        assert list(mentions.named_in("@member7 of @nobody", team.pk, ann.pk)) == ["member7"]
    assert len(queries) == 3


def test_nobody_is_told_of_what_they_may_not_read(ann, ben):
    team = Room.objects.create(title="Team", access=Room.Access.MEMBERS, owner=ann)
    Membership.objects.create(room=team, person=ann)
    row = say(ann, team, "@ben")
    assert not lines(ben)
    assert "mention" not in row.html
    Membership.objects.create(room=team, person=ben)
    ready = prepare(team.pk, ann.pk, NumberedText("", 0, "@ben, too late"))
    say(ann, team, "@ben")
    assert len(lines(ben)) == 1
    Membership.objects.filter(person=ben).delete()
    post([ready])
    Membership.objects.create(room=team, person=ben)
    assert lines(ben) == ["Ann mentioned you in Team"]


def test_a_repeat_and_ones_own_name_tell_nobody(ann, ben, lobby):
    for _ in range(2):
        say(ann, lobby, "@ben and @ann", page="0123456789abcdef", n=1)
    assert len(lines(ben)) == 1
    assert not lines(ann)


def test_a_room_may_be_kept_quiet_or_heard_in_full(ann, ben, lobby):
    quiet = NotificationLevel.objects.create(room=lobby, person=ben, level="nothing")
    say(ann, lobby, "@ben")
    assert not lines(ben)
    quiet.level = "everything"
    quiet.save()
    NotificationLevel.objects.create(room=lobby, person=ann, level="everything")
    for text in ("one", "two", "three"):
        say(ann, lobby, text)
    assert lines(ben) == ["New in Lobby: 3 messages"]
    assert not lines(ann)
    say(ann, lobby, "@ben")
    assert lines(ben) == ["Ann mentioned you in Lobby", "New in Lobby: 3 messages"]
    assert bells([ben.pk])[ben.pk].unseen == 4


async def test_a_rooms_members_are_told_by_one_row_and_new_ones_see_it(ann, ben, lobby):
    await Membership.objects.acreate(room=lobby, person=ann)
    await sync_to_async(notify)(lobby, "news", "The room moves")
    assert await Alert.objects.acount() == 1
    async with BellPage(ann) as one, BellPage(ben) as other:
        assert "The room moves" in one.document.text()
        assert "The room moves" not in other.document.text()
        await Membership.objects.acreate(room=lobby, person=ben)
        await other.shows("The room moves")
        await sync_to_async(notify)(lobby, "news", "It has moved")
        await other.shows("It has moved")
        await one.shows("It has moved")


def test_the_level_of_a_room_is_chosen_on_a_page(client, ben, lobby):
    client.force_login(ben)
    assert "When somebody mentions me" in client.get("/rooms/lobby/alerts/").content.decode()
    assert client.post("/rooms/lobby/alerts/", {"level": "nothing"}).status_code == 302
    assert client.post("/rooms/lobby/alerts/", {"level": "nothing"}).status_code == 302
    assert NotificationLevel.objects.get().level == "nothing"
    assert client.post("/rooms/lobby/alerts/", {"level": "loud"}).status_code == 422
    assert client.get("/rooms/nowhere/alerts/").status_code == 404


def test_markup_round_a_mention_stays_text(ann, ben, lobby):
    row = say(ann, lobby, '<span class="pl-mention" data-person="1">@ben</span> <b>@ben</b>')
    assert row.html.count("<span") == 2
    assert "<b>" not in row.html


def test_an_alert_in_a_room_is_shown_exactly_to_those_who_may_read_it(ann, ben, gus):
    people = [ann, ben, gus]
    rooms = [
        Room.objects.create(title="Any room", owner=ann, access=access, guests=guests)
        for access, guests in product(Room.Access.values, Room.Guests.values)
    ]
    Membership.objects.bulk_create(Membership(room=room, person=ben) for room in rooms)
    NotificationLevel.objects.bulk_create(
        NotificationLevel(room=room, person=person) for room in rooms for person in people
    )
    found = audiences.of([0, *(person.pk for person in people)])
    for room, person in product(rooms, people):
        shown = f"user.{person.pk}/room.{room.pk}" in found[person.pk]
        assert shown is rights(person, room).read, (room.access, room.guests, person)
    assert found[gus.pk] == audiences.of([gus.pk])[gus.pk]


def test_who_has_mentioned_too_many_tells_nobody_and_is_told_so(ann, ben, gus, lobby):
    for person, text, most in ((gus, "@ann @ben", 8), (ann, "@ben", 24)):
        for each in (ann, ben):
            say(each, lobby, "hello")
        before = Alert.objects.count(), Message.objects.count()
        said = [say(person, lobby, f"{text} {n}") for n in range(25)]
        assert most // 2 < Alert.objects.count() - before[0] <= most
        assert len(set(said)) == Message.objects.count() - before[1] == 25
        assert said[0].unheard == ""
        assert said[-1].unheard == mentions.TOO_MANY
        assert "mention" in said[-1].html


def test_a_guest_tells_only_who_is_here_or_has_spoken_here(ann, ben, gus, lobby):
    assert say(gus, lobby, "@ben?").unheard == mentions.NOT_HERE
    assert not lines(ben)
    record("process", {(lobby.people, str(ben.pk))}, set())
    assert say(gus, lobby, "@ben!").unheard == ""
    assert lines(ben) == ["Gus mentioned you in Lobby"]
    say(ann, lobby, "hello")
    say(gus, lobby, "@ann!")
    assert lines(ann) == ["Gus mentioned you in Lobby"]


def test_who_wants_no_mentions_is_not_given_away(gus, ben, lobby):
    say(ben, lobby, "hello")
    NotificationLevel.objects.create(room=lobby, person=ben, level="nothing")
    assert say(gus, lobby, "@ben").unheard == ""
    assert not lines(ben)


async def test_its_author_reads_in_the_room_that_nobody_was_alerted(gus, ben, lobby):
    async with RecordingPage(gus) as room:
        await room.send(kind="say", text="@ben?")
        await room.shows(str(mentions.NOT_HERE))
        await room.shows("@ben?")
        await room.send(kind="say", text="well")
        await room.until(lambda: str(mentions.NOT_HERE) not in room.document.text())


def test_a_mention_in_a_room_of_members_costs_the_same_for_twenty_as_for_one(ann):
    team = Room.objects.create(title="Team", access="members", owner=ann)
    people = [get_user_model().objects.create_user(f"member{n}") for n in range(20)]
    Membership.objects.bulk_create(Membership(room=team, person=person) for person in [ann, *people])
    say(ann, team, "@member0")
    with CaptureQueriesContext(connection) as alone:
        say(ann, team, "@member1")
    with CaptureQueriesContext(connection) as queries:
        say(ann, team, " ".join(f"@member{n}" for n in range(2, 20)))
    assert len(queries) <= len(alone) + 1
    assert all(lines(person) for person in people)


def test_everyone_hears_who_was_mentioned_by_another_message_of_the_same_commit_too(ann, ben, team):
    team.members.add(ben)
    NotificationLevel.objects.create(room=team, person=ben)
    post([prepare(team.pk, ann.pk, NumberedText("", 0, text)) for text in ("@ben, tea?", "@everyone, lunch")])
    assert bells([ben.pk])[ben.pk].lines[0].n == 2


def test_who_is_mentioned_while_choosing_a_level_has_the_one_they_chose(client, ben, lobby, monkeypatch):
    client.force_login(ben)
    is_valid = NotificationLevelForm.is_valid

    def mentioned_meanwhile(form):
        NotificationLevel.objects.get_or_create(room=lobby, person=ben)
        return is_valid(form)

    monkeypatch.setattr(NotificationLevelForm, "is_valid", mentioned_meanwhile)
    assert client.post("/rooms/lobby/alerts/", {"level": "nothing"}).status_code == 302
    assert NotificationLevel.objects.get().level == "nothing"
