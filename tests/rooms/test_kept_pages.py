"""What pages keep in memory between readers is never seen: a page is what it would be if nothing was kept."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone

from chat.templatetags.chat import _line
from parlour import Lease, kept
from parlour.regions import _reversed
from parlour.templatetags.parlour import _live_head
from rooms import people_here, streams
from rooms.direct import direct_room
from rooms.files import _show
from rooms.models import Attachment, Message, Restriction, Room
from rooms.pins import set_pinned
from rooms.reactions import react
from tests.rooms.posts import answer, say

pytestmark = pytest.mark.django_db(transaction=True)
OWN = re.compile(r'(csrfmiddlewaretoken" value="|X-CSRFToken":"|name="page" value=")[A-Za-z0-9]+')


def forget():
    rendered = (streams._render_message, streams._render_act, streams._render_avatar, _line, _live_head)
    for each in (kept._parts, _reversed, streams._render_title, people_here._render_list, *rendered):
        each.cache_clear()


@pytest.fixture
def readers(ann, ben, gus, sue):
    """Browsers of people who differ in rights, language and zone, and one of nobody."""
    ben.language, ben.time_zone = "de", "Asia/Tokyo"
    ben.save()
    clients = {"nobody": Client()}
    for name, person in (("ben", ben), ("gus", gus), ("sue", sue)):
        clients[name] = Client()
        clients[name].force_login(person)
    clients["ann"] = Client(headers={"user-agent": "Mobi"})
    clients["ann"].force_login(ann)
    return clients


def pages(readers, *addresses, before=lambda: None):
    """What each of them sees at each address, each time after a call of `before`."""
    seen = {}
    for address in addresses:
        for name, client in readers.items():
            before()
            answer = client.get(address)
            seen[name, address] = f"{answer.status_code} " + OWN.sub(r"\1", answer.content.decode())
    return seen


def test_pages_are_what_they_would_be_if_nothing_was_kept(readers, ann, ben, lobby, team):
    texts = "Tea & *milk*, @ben?", "a <b> and {0}", "see https://example.org"
    rows = [say(ann, lobby, text) for text in texts]
    rows.append(answer(ann, rows[1], "to that"))
    image = {"file": "rooms/a", "name": "cat.png", "type": "image/png", "size": 9, "width": 4, "height": 3}
    file = Attachment.objects.create(room=lobby, author=ann, message=rows[2], **image)
    _show(rows[2].pk, file)
    Lease.objects.take("a process", {(lobby.people, str(each.pk)) for each in (ann, ben)})
    room, first = Room.objects.filter(pk=lobby.pk), Message.objects.filter(pk=rows[0].pk)
    owner, other = (get_user_model().objects.filter(pk=each.pk) for each in (ann, ben))

    def act_on_messages():
        file.thumbnail = "rooms/b"
        _show(rows[2].pk, file)
        react(ben, rows[0].pk, "👍")
        set_pinned(rows[1].pk, True)
        Message.objects.filter(pk=rows[3].pk).update(deleted=timezone.now(), html="", text="")

    def change_people():
        owner.update(display_name="Anna", time_zone="America/New_York", language="de")
        other.update(display_name="Benno")

    changes = [
        act_on_messages,
        lambda: team.members.add(ben),
        lambda: say(ben, team, "unread by ann"),
        lambda: direct_room([ann, ben]),
        change_people,
        lambda: other.update(display_name="Benedict"),
        lambda: first.update(html="<p>anders</p>", edited=timezone.now()),
        lambda: owner.update(kind="bot"),
        lambda: Restriction.objects.create(room=lobby, person=ben, kind="mute"),
        lambda: room.update(title="Salon", about="Tee", slow_mode=30),
        lambda: Restriction.objects.create(room=lobby, person=ben, kind="ban"),
        lambda: other.update(is_staff=True),
        lambda: room.update(guests=Room.Guests.READ, archived=timezone.now()),
    ]
    before = pages(readers, "/", f"/rooms/lobby/?at={rows[1].pk}", "/rooms/team/", "/rooms/lobby/")
    for n, change in enumerate(changes):
        change()
        now = pages(readers, "/rooms/lobby/")
        assert now != before, f"change {n} is not seen by anybody"
        before = pages(readers, "/rooms/lobby/", before=forget)
        assert now == before, f"what was kept before change {n} is seen"


def test_a_page_looks_for_no_name_that_is_not_there(readers, lobby, caplog):
    readers["ann"].get("/rooms/lobby/")  # what is kept is made
    with caplog.at_level("DEBUG", "django.template"):
        readers["ann"].get("/rooms/lobby/")
    assert caplog.messages == []


def test_no_page_has_anything_of_another_reader(readers, ann, ben, lobby):
    say(ann, lobby, "hello")
    tokens = {
        name: re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', str(client.get("/rooms/lobby/").content))
        for name, client in readers.items()
    }
    for name, found in tokens.items():
        others = {token for other, tokens_ in tokens.items() if other != name for token in tokens_}
        assert not others & {*found}


def test_everybody_who_is_here_is_named_by_a_statement_that_is_the_same_for_several(lobby):
    statements, model = set(), get_user_model()

    def keep(execute, sql, params, many, context):
        statements.add(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        for n in range(4, 8):
            people = model.objects.bulk_create(model(username=f"p{n}-{i}", username_key=f"p{n}-{i}") for i in range(n))
            Lease.objects.take("a process", {(f"here.{n}", str(each.pk)) for each in people})
            named = [name for _, name, _ in people_here._named_holders(f"here.{n}")]
            assert named == [each.username for each in people]
    assert len([each for each in statements if each.startswith("SELECT") and "accounts_user" in each]) == 1
