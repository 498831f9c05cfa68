"""Who may read, write and manage: every kind of person before every kind of room."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser, Group

from parlour.consumer import Denied
from rooms.actions import action
from rooms.models import Membership, NotificationLevel, Room, nearest_rooms
from rooms.object_rules import Rule, rules
from rooms.permissions import Rights, allow, denied, object_rights, readable, readers, rights, room_for
from tests.parlour.messages import line
from tests.rooms.posts import answer, lines, say

NONE, READ, WRITE = Room.Guests.NONE, Room.Guests.READ, Room.Guests.WRITE
PEOPLE = ["nobody", "guest", "stranger", "member", "owner", "staff", "staff member"]
MAY = {
    # guests: what each may do in an open room; "r" read, "w" write, "m" manage
    NONE: {"nobody": "", "guest": "", "stranger": "rw", "member": "rw", "owner": "rwm", "staff": "rwm"},
    READ: {"nobody": "r", "guest": "r", "stranger": "rw", "member": "rw", "owner": "rwm", "staff": "rwm"},
    WRITE: {"nobody": "r", "guest": "rw", "stranger": "rw", "member": "rw", "owner": "rwm", "staff": "rwm"},
}
MEMBERS_MAY = {"member": "rw", "owner": "rwm", "staff member": "rwm"}


@pytest.fixture
def people(db, django_user_model):
    make = django_user_model.objects
    named = {name: make.create_user(name.replace(" ", "-")) for name in ("stranger", "member", "owner")}
    named |= {name: make.create_user(name.replace(" ", "-"), is_staff=True) for name in ("staff", "staff member")}
    return named | {"nobody": AnonymousUser(), "guest": make.create_guest("Gus")}


@pytest.fixture
def opened(people):
    """opened(access, guests) is a room of the owner's, with its members."""

    def make(rule, guests):
        room = Room.objects.create(title=f"{rule} {guests}", access=rule, guests=guests, owner=people["owner"])
        for name in ("owner", "member", "staff member", "guest"):
            Membership.objects.create(room=room, person=people[name])
        return room

    return make


def may(person, room):
    return "".join(letter for letter, allowed in zip("rwm", rights(person, room), strict=False) if allowed)


@pytest.mark.parametrize("guests", [NONE, READ, WRITE])
def test_what_each_may_do_in_an_open_room_and_in_a_members_room_whatever_it_says_of_guests(people, opened, guests):
    """An owner who is no member any more may still be asked to manage; getting there needs reading."""
    room = opened("open", guests)
    assert {name: may(person, room) for name, person in people.items()} == MAY[guests] | {"staff member": "rwm"}
    closed = opened("members", guests)
    assert {name: may(person, closed) for name, person in people.items() if may(person, closed)} == MEMBERS_MAY
    people["member"].is_active = False
    assert not rights(people["member"], room).write


def test_on_an_object_its_rule_says_who_may_read_and_who_of_them_may_write(people, monkeypatch):
    tea, may_read = Group(name="Tea"), [people[name] for name in ("nobody", "stranger", "member", "owner")]
    may_write = [people[name] for name in ("nobody", "member", "owner", "staff")]
    rule = Rule(lambda who, what: what is tea and who in may_read, lambda who, what: what is tea and who in may_write)
    monkeypatch.setitem(rules, Group, rule)
    people["owner"].is_active = False
    reader, member = Rights(True, False, False, "reader"), Rights(True, True, False, "member")
    found = {name: object_rights(person, Group, tea) for name, person in people.items()}
    assert {name: right for name, right in found.items() if right != Rights(False, False, False, "reader")} == {
        "nobody": reader,
        "stranger": reader,
        "member": member,
        "owner": reader,
    }
    assert not object_rights(people["member"], Group, None).read


def test_a_rule_that_nobody_would_await_is_refused(monkeypatch):
    """What it returns would count as yes."""
    monkeypatch.setattr("rooms.permissions.rules", {})

    async def may(*_):
        return False

    for to in ("read", "write"):
        with pytest.raises(TypeError, match="plain function"):
            allow(Group, to)(may)
    for pair in ((may, lambda *_: None), (lambda *_: True, may)):
        with pytest.raises(TypeError, match="plain function"):
            action("lift", pair[0])(pair[1])


def test_whoever_may_not_read_hears_whether_signing_in_helps(people, opened):
    on_object = Room.objects.on(Group.objects.create(name="Tea"))
    back = f'href="/accounts/login/?next={on_object.get_absolute_url().replace("/", "%2F")}"'
    for_nobody, for_a_stranger = denied(people["nobody"], on_object), denied(people["stranger"], on_object)
    assert (for_nobody.code, back in for_nobody.words) == (4001, True)
    assert (for_a_stranger.code, for_a_stranger.words) == (4003, "You may not see this room.")
    Group.objects.all().delete()
    gone = denied(people["stranger"], Room.objects.get(pk=on_object.pk))
    assert (gone.code, "not there any more" in gone.words, 'href="/"' in gone.words) == (4004, True, True)
    room = opened("open", NONE)
    for_a_guest = denied(people["guest"], room)
    assert (for_a_guest.code, "Only people with an account" in for_a_guest.words) == (4001, True)
    assert f"next={room.get_absolute_url().replace('/', '%2F')}" in for_a_guest.words


def test_where_no_room_is_everybody_is_told_the_same_and_so_are_strangers_where_one_is(people, opened):
    opened("members", NONE)
    slugs = ["members-none", "none", "members-none/", "", "Members-none", " members-none", "members-none\n", "a" * 300]
    for slug in slugs:
        for name, person in people.items():
            if slug == "members-none" and name in MEMBERS_MAY:
                continue
            with pytest.raises(Denied) as refused:
                room_for(person, slug)
            assert refused.value.code == 4004
            assert "There is no such room, or only its members" in refused.value.words


def without_token(answer):
    return re.sub(r"\b\w{64}\b", "", answer.content.decode())


PATHS = ["", "panel/", "older/?upto=9", "later/?upto=9", "settings/", "members/", "delete/"]


@pytest.mark.parametrize("name", ["nobody", "guest", "stranger", "staff"])
def test_nothing_of_a_members_room_leaks_through_any_page(people, opened, client, name):
    room = opened("members", NONE)
    Room.objects.filter(pk=room.pk).update(title="Secret plans", about="Nobody must know")
    line(room, "at midnight", seq=1, changed=1).save()
    if name != "nobody":
        client.force_login(people[name])
    answers = [client.get(f"/rooms/{room.slug}/{path}") for path in PATHS]
    answers += [
        client.post(f"/rooms/{room.slug}/{path}", {"text": "x", "title": "x"}) for path in ("messages/", *PATHS)
    ]
    answers.append(client.get("/"))
    shown = "".join(answer.content.decode() for answer in answers)
    assert not [word for word in ("Secret", "plans", "midnight", "must know") if word in shown]
    nowhere = [client.get(f"/rooms/nowhere/{path}") for path in PATHS]
    for there, not_there in zip(answers, nowhere, strict=False):
        assert there.status_code == not_there.status_code in (302, 403, 404)
        assert without_token(there).replace(room.slug, "nowhere") == without_token(not_there)
    assert {answer.status_code for answer in answers[:-1]} <= {302, 403, 404, 405}
    assert Room.objects.get(pk=room.pk).messages.count() == 1


def test_whoever_was_invited_and_is_not_signed_in_is_led_to_the_sign_in_and_back(people, opened, client):
    for slug in (opened("members", NONE).slug, "nowhere"):
        answer = client.get(f"/rooms/{slug}/")
        assert answer.context["sign_in"] == f"/accounts/login/?next=%2Frooms%2F{slug}%2F"
        assert answer.context["sign_in"] in answer.content.decode()
    client.force_login(people["stranger"])
    assert "Sign in" not in client.get("/rooms/nowhere/").content.decode()


def test_the_first_page_lists_only_what_one_may_read(people, opened, client):
    for rule in ("open", "members"):
        for guests in (NONE, READ, WRITE):
            opened(rule, guests)
    for name, person in people.items():
        client.logout()
        if name != "nobody":
            client.force_login(person)
        listed = client.get("/").context["shown"]["list"]["markup"]
        assert {*re.findall(r'href="/rooms/([\w-]+)/"', listed)} == {
            room.slug for room in Room.objects.all() if rights(person, room).read
        }, name


def test_who_may_only_read_and_write_changes_nothing_of_a_room(people, opened, client):
    room = opened("members", NONE)
    client.force_login(people["member"])
    for page in ("settings", "members", "delete"):
        assert client.post(f"/rooms/{room.slug}/{page}/", {"title": "Mine"}).status_code == 403
    assert Room.objects.get().title == room.title


def test_an_owner_adds_and_removes_in_their_own_room_alone(people, opened, client):
    room, other = opened("members", NONE), opened("members", READ)
    client.force_login(people["owner"])

    def send(**fields):
        return client.post(f"/rooms/{room.slug}/members/", fields).status_code

    send(username="Stranger ")
    membership = Membership.objects.get(room=room, person=people["stranger"])
    send(remove=membership.pk)
    assert not rights(people["stranger"], room).read
    theirs = Membership.objects.get(room=other, person=people["member"])
    assert send(remove=theirs.pk) == 404
    own = Membership.objects.get(room=room, person=people["owner"])
    assert send(remove=own.pk) == 404
    for junk in ("x", "-1", "", "9" * 40, "٣", "\x00"):
        assert send(remove=junk) in (404, 422)
    assert (room.memberships.count(), other.memberships.count()) == (4, 4)


@pytest.mark.parametrize("kind", ["visitor", "account"])
def test_who_is_in_rooms_only_as_a_member_is_shown_no_other_room(db, kind, ann, monkeypatch, django_user_model):
    """Whatever kind of person a project's user model says that of."""
    monkeypatch.setattr(django_user_model, "only_as_member", True)
    person = django_user_model.objects.create_user("vera", kind=kind)
    rooms = [
        Room.objects.create(title=f"{access} {guests}", access=access, guests=guests, owner=ann)
        for access in (Room.Access.OPEN, Room.Access.MEMBERS)
        for guests in (NONE, WRITE)
        for _ in range(2)
    ]
    Membership.objects.bulk_create(Membership(room=room, person=person) for room in rooms[::2])
    assert {room for room in rooms if rights(person, room).read} == {*rooms[::2]}
    assert {*Room.objects.visible_to(person)} == {*rooms[::2]}
    assert {*nearest_rooms(person, 0, 20)} == {*rooms[::2]}
    monkeypatch.setattr(django_user_model, "ONLY_AS_MEMBER", {"kind": kind})
    assert {room for room in rooms if readers([person], room)} == {*rooms[::2]}
    rows = [NotificationLevel.objects.create(room=room, person=person) for room in rooms]
    assert {*readable(NotificationLevel.objects.all())} == {*rows[::2]}


def test_a_visitor_whose_membership_ended_hears_of_no_answer(ann, lobby, django_user_model):
    visitor = django_user_model.objects.create(username="vera", kind="visitor")
    Membership.objects.create(room=lobby, person=visitor)
    question = say(visitor, lobby, "is anybody there")
    Membership.objects.filter(person=visitor).delete()
    answer(ann, question, "not for you any more")
    assert not lines(visitor)
