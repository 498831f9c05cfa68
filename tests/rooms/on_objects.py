"""Rooms on the tickets of a project of another team, run by test_objects.py with the wheel and people with UUIDs."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import connection

from alerts import audiences
from alerts.models import Alert
from parlour.testing import Page
from rooms.consumers import RoomConsumer
from rooms.models import Message, Room
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(db):
    return [get_user_model().objects.create_user(name) for name in ("ann", "ben", "cem")]


@pytest.fixture
def ticket(people):
    """Ann and Ben work on it, Cem does not."""
    ticket = Ticket.objects.create(title="Kettle leaks")
    ticket.team.set(people[:2])
    return ticket


@pytest.fixture
def room(ticket):
    return Room.objects.on(ticket)


def test_the_page_of_a_ticket_holds_its_room_for_those_who_may_see_it(people, ticket, client):
    address = ticket.get_absolute_url()
    assert "to see this room" in client.get(address).content.decode()
    assert f"next={address.replace('/', '%2F')}" in client.get(address).content.decode()
    client.force_login(people[2])
    assert "You may not see this room." in client.get(address).content.decode()
    assert not Room.objects.exists()
    client.force_login(people[0])
    page = client.get(address).content.decode()
    room = Room.objects.get()
    for part in (f'ws-connect="/ws/rooms/{room.slug}/"', "<h2><bdi>Kettle leaks", 'name="text"', "parlour/rooms.css"):
        assert part in page
    assert client.get(f"/rooms/mine/{people[0].pk}.css").status_code == 200
    assert client.get(f"/rooms/{room.slug}/panel/").status_code == 200


def test_readers_who_come_at_once_get_the_same_room(ticket):
    def ask(_):
        try:
            return Room.objects.on(ticket).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert len({*threads.map(ask, range(8))}) == 1


def test_without_a_socket_a_text_is_stored_and_leads_back_and_a_wrong_one_comes_back(people, ticket, room, client):
    client.force_login(people[0])
    page = f"http://testserver{ticket.get_absolute_url()}"
    sent = client.post(f"/rooms/{room.slug}/messages/", {"text": "It *drips*"}, headers={"referer": page})
    assert sent.url.startswith(f"{page}#room-{room.slug}")
    assert "It <em>drips</em>" in client.get(page).content.decode()
    elsewhere = client.post(f"/rooms/{room.slug}/messages/", {"text": "x"}, headers={"referer": "http://evil.example/"})
    assert elsewhere.url.startswith(ticket.get_absolute_url())
    back = client.post(f"/rooms/{room.slug}/messages/", {"text": "so long " * 600})
    assert back.status_code == 422
    assert "so long so long" in back.content.decode()


def test_earlier_messages_come_in_pages_and_on_a_page_of_their_own(people, room, client, settings):
    settings.ROOMS_POST_RATE = "1000/1000"
    client.force_login(people[0])
    for n in range(60):
        client.post(f"/rooms/{room.slug}/messages/", {"text": f"line {n}."})
    assert "line 5." not in client.get(f"/tickets/{room.object_id}/").content.decode()
    assert "line 5." in client.get(f"/rooms/{room.slug}/older/", {"upto": 10}).content.decode()
    assert "line 5." in client.get(f"/rooms/{room.slug}/", {"upto": 10}).content.decode()


async def test_what_is_said_is_on_the_other_page_with_who_is_here_and_who_types(people, room):
    ann, ben, _ = people
    async with Page(RoomConsumer, ann, slug=room.slug) as page, Page(RoomConsumer, ben, slug=room.slug) as other:
        await page.send(kind="say", text="Who has the wrench?")
        await other.shows("Who has the wrench?")
        await other.shows("ben")
        await other.send(kind="typing")
        await page.shows("is typing")


async def test_who_leaves_the_team_leaves_the_room_and_a_new_title_is_shown(people, ticket, room):
    async with (
        Page(RoomConsumer, people[0], slug=room.slug) as page,
        Page(RoomConsumer, people[1], slug=room.slug) as ben,
    ):
        ticket.title = "Kettle leaks badly"
        await ticket.asave()
        await page.shows("Kettle leaks badly")
        await ticket.team.aremove(people[1])
        await ben.until(lambda: ben.closed == 4003)
        beside = await sync_to_async(Room.objects.on)(await Ticket.objects.acreate(title="Cups"))
        await ticket.adelete()
        await page.until(lambda: page.closed == 4004)
    assert [room async for room in Room.objects.all()] == [beside]


def test_a_mention_reaches_only_who_may_read_and_leaves_their_bell_with_the_right(people, ticket, room, client):
    ann, ben, _ = people
    client.force_login(ann)
    client.post(f"/rooms/{room.slug}/messages/", {"text": "@ben and @cem, look"})
    alert = Alert.objects.get()
    assert alert.audience in audiences.of([ben.pk])[ben.pk]
    assert Message.objects.get().get_absolute_url().startswith(f"{ticket.get_absolute_url()}?at=")
    ticket.team.remove(ben)
    assert alert.audience not in audiences.of([ben.pk])[ben.pk]


def test_a_name_of_any_script_is_mentioned_whatever_the_database_makes_of_its_case(people, ticket, room, client):
    others = [get_user_model().objects.create_user(name) for name in ("Groß", "İrem", "ÉRIC", "रोमी")]
    ticket.team.add(*others)
    client.force_login(people[0])
    client.post(f"/rooms/{room.slug}/messages/", {"text": "@groß, @İrem.Bye @ÉRIC @रोमी"})
    told = {alert.audience.partition("/")[0] for alert in Alert.objects.all()}
    assert told == {f"user.{person.pk}" for person in others}


def test_the_menu_of_a_message_offers_what_the_project_adds_and_does_it(people, ticket, room, client):
    client.force_login(people[0])
    client.post(f"/rooms/{room.slug}/messages/", {"text": "It *drips*"})
    message = Message.objects.get()
    menu = f"/rooms/{room.slug}/actions/{message.pk}/"
    assert f'<button name="tickets.retitle" value="{message.pk}"' in client.get(menu).content.decode()
    pressed = {"tickets.retitle": message.pk}
    answer = client.post(f"/rooms/{room.slug}/actions/", pressed, headers={"HX-Request": "true"})
    assert "The ticket is called so now." in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.title == "It drips"
    elsewhere = Room.objects.on(people[1])
    client.post(f"/rooms/{elsewhere.slug}/messages/", {"text": "no ticket"})
    menu = f"/rooms/{elsewhere.slug}/actions/{elsewhere.messages.get().pk}/"
    assert "retitle" not in client.get(menu).content.decode()


def test_people_whose_keys_are_uuids_answer_react_edit_and_delete(people, ticket, room, client):
    ann, ben, _ = people

    def press(person, **what):
        client.force_login(person)
        return client.post(f"/rooms/{room.slug}/actions/", what, headers={"HX-Request": "true"}).content.decode()

    client.force_login(ann)
    client.post(f"/rooms/{room.slug}/messages/", {"text": "It drips"})
    pk = Message.objects.get().pk
    assert "It drips" in press(ben, reply=pk)
    client.post(f"/rooms/{room.slug}/messages/", {"text": "Where?", "n": "1", "page": "p", "answers": f"1:{pk}"})
    press(ben, react=f"{pk} \N{THUMBS UP SIGN}")
    assert "Edited." in press(ann, save=f"{pk} first It pours")
    page = client.get(ticket.get_absolute_url()).content.decode()
    assert f'data-by="{ben.pk}"' in page
    assert page.count("It pours") >= 2
    assert "Deleted." in press(ann, delete=pk)
    assert "pours" not in client.get(ticket.get_absolute_url()).content.decode()
