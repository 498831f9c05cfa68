"""The page of a widget, with a socket and without script, for nobody, for who chose a name, for who is vouched for."""

import re
import time
from datetime import timedelta
from functools import partial

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from alerts import notify
from parlour import consumer as engine
from parlour import limits
from parlour.authorization import differing
from parlour.hub import current
from parlour.testing import lost_hints
from rooms.models import Message, Restriction, Room
from rooms.posting import submit
from rooms.send_once import NumberedText
from tests.parlour.recording_page import RecordingPage
from tests.widgets.hosts import VisitorPage, address, key, ticket_on, token
from widgets import consumers, identity, models, tickets, visitors
from widgets.bell import BellConsumer
from widgets.models import Visitor, Widget
from widgets.tickets import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lobby():
    return Room.objects.create(title="Inner lobby", guests=Room.Guests.READ)


@pytest.fixture
def widget(lobby):
    return Widget.objects.create(kind=Widget.Kind.ROOM, room=lobby, title="Talk to us", sites="https://shop.example")


@pytest.fixture
def vera(widget):
    return visitors.vouched(widget, identity.Claims("42", "Vera"))


def ticket(visitor):
    return Ticket.of(visitor, vouched=True).text


async def opened(widget, visitor, **fields):
    page = VisitorPage(widget, await sync_to_async(ticket)(visitor), visitor.user)
    await page.__aenter__()
    return page


def text_of(answer):
    return " ".join(re.sub("<[^>]+>", " ", answer.content.decode()).split())


def test_anyone_reads_and_nothing_on_the_page_leads_into_the_site(client, widget, lobby):
    answer = client.get(address(widget))
    page = answer.content.decode()
    assert "Talk to us" in page
    assert "Inner lobby" not in page
    assert "lobby" not in page
    led = set(re.findall(r'(?:href|action|hx-get|hx-post|ws-connect|src)="([^"]*)"', page))
    assert {
        each for each in led if not each.startswith(("/static/", f"/embed/{widget.public_id}/", "/ws/embed/"))
    } == set()


def test_without_script_somebody_chooses_a_name_and_writes(client, widget):
    assert "Choose a name" in text_of(client.post(address(widget, "messages/"), {"text": "hello", "page": "p"}))
    answer = client.post(address(widget, "name/"), {"display_name": "Admin"})
    assert "belongs to the people who run this place" in text_of(answer)
    answer = client.post(address(widget, "name/"), {"display_name": "Vera"})
    assert answer.status_code == 200
    sent = {"text": "hello there", "page": "p", "acked": "0", "ticket": ticket_on(answer)}
    answer = client.post(address(widget, "messages/"), sent)
    assert answer.status_code == 200
    assert "Vera visitor" in text_of(answer)
    assert "hello there" in text_of(answer)
    sent = {"text": "x" * 5000, "page": "q", "acked": "0", "ticket": ticket_on(answer)}
    answer = client.post(address(widget, "messages/"), sent)
    assert "It is too long" in text_of(answer)
    assert ">\n" + "x" * 5000 + "</textarea>" in answer.content.decode()
    assert not client.cookies
    assert Message.objects.get().author.kind == "visitor"


def test_few_new_visitors_come_from_one_address_which_takes_nothing_from_the_others(client, widget, monkeypatch):
    monkeypatch.setattr(visitors, "ALL_NEW_RATE", "0.01/11")
    answers = [client.post(address(widget, "name/"), {"display_name": f"Visitor {n}"}) for n in range(12)]
    assert "Many people came just now" in text_of(answers[-1])
    client.post(address(widget, "name/"), {"display_name": "Vera"}, REMOTE_ADDR="192.0.2.7")
    assert Visitor.objects.count() == 11


def test_who_posts_much_or_has_no_name_does_not_silence_the_others(client, widget, vera, monkeypatch):
    monkeypatch.setattr(consumers, "POST_RATE", "0.01/25")
    monkeypatch.setattr(consumers, "VISITOR_RATE", "0.01/20")
    paul = visitors.vouched(widget, identity.Claims("43", "Paul"))

    def post(*texts, **sent):
        return client.post(address(widget, "messages/"), {"page": "p", "acked": "0", "text": texts, **sent})

    for _ in range(30):
        post("no name")
    assert "You are faster than this room can read" in text_of(post(*["line"] * 300, ticket=ticket(vera)))
    for n in range(25):
        post("again.", page=f"p{n}", ticket=ticket(vera))
    assert Message.objects.count() == 20
    post("hello", ticket=ticket(paul))
    assert Message.objects.latest("pk").text == "hello"


def test_a_token_in_the_address_gives_a_ticket_and_is_not_taken_again(client, widget):
    sent = token(widget, key(widget))
    client.head(address(widget, identity=sent))
    answer = client.get(address(widget, identity=sent))
    assert ticket_on(answer)
    assert sent not in answer.content.decode()
    assert "Load the whole page around it again" in text_of(client.get(address(widget, identity=sent)))
    assert "Load the whole page around it again" in text_of(client.get(address(widget) + "?vouched"))


def test_where_a_site_has_to_vouch_nobody_else_sees_anything(client, widget, lobby):
    Widget.objects.update(access="vouched")
    answer = client.get(address(widget))
    assert "for people whom the site around this page knows" in text_of(answer)
    assert "Messages" not in answer.content.decode()
    for part in ("panel/", "older/"):
        assert client.post(address(widget, part), HTTP_HX_REQUEST="true").status_code == 403
    unvouched = Ticket.of(visitors.vouched(widget, identity.Claims("page", "Paul")), vouched=False).text
    assert "Load the page again" in text_of(client.post(address(widget), {"ticket": unvouched}))


def test_a_ticket_is_for_one_widget_one_room_one_generation_and_a_while(client, widget, vera, monkeypatch):
    other = Widget.objects.create(room=widget.room, title="Other", sites="https://other.example")
    shown = ticket(vera)

    def answer(to=widget, what=shown):
        return client.post(address(to), {"ticket": what}).status_code

    assert answer() == 200
    assert answer(other) == 403
    assert answer(what=shown[:-1] + ("A" if shown[-1] != "A" else "B")) == 403
    assert answer(what="x" * 10_000) == 403
    now = time.time()
    monkeypatch.setattr(tickets, "time", lambda: now + tickets.LASTS + 1)
    assert answer() == 403
    monkeypatch.undo()
    models.end_sessions(widget)
    assert answer() == 403
    vera.widget.refresh_from_db()
    shown = ticket(vera)
    assert answer(what=shown) == 200
    Widget.objects.filter(pk=widget.pk).update(room=Room.objects.create(title="Another"))
    assert answer(what=shown) == 403


async def test_a_visitor_and_somebody_in_the_room_talk(widget, vera, lobby):
    page = await opened(widget, vera)
    await page.send(kind="say", text="see [this](https://a.example)", page="p", acked="0")
    await page.shows("see this")
    assert '<a target="_blank" href="https://a.example" rel="noopener noreferrer nofollow">' in page.frames[-1]
    await page.cut()


async def test_who_has_no_ticket_reads_and_is_heard_in_nothing(widget, vera):
    page = VisitorPage(widget)
    await page.__aenter__()
    await page.send(kind="say", text="hello", page="p", acked="0")
    await page.shows("Choose a name first")
    assert not await Message.objects.aexists()
    await page.cut()


async def test_a_page_that_is_open_all_day_gets_new_tickets(widget, vera, fast_clocks, monkeypatch):
    page = await opened(widget, vera)
    later = 0
    for module in (tickets, engine):
        monkeypatch.setattr(module, "time", lambda: time.time() + later)
    shown = {page.ticket}
    for _ in range(4):
        later += tickets.LASTS / 2
        await page.until(lambda: page.document.value(f"{page.region.key}-ticket") not in shown, "a new ticket")
        shown.add(page.document.value(f"{page.region.key}-ticket"))
    assert page.closed is None
    await page.cut()


CHANGES = ["generation", "switched off", "vouching", "room closed", "banned", "muted", "banned here"]


@pytest.mark.parametrize("change", CHANGES)
async def test_what_ends_a_page_ends_it_though_hints_are_lost(widget, vera, fast_clocks, change):
    page = VisitorPage(widget, Ticket.of(vera, vouched=False).text, vera.user)
    await page.__aenter__()

    def do():
        if change == "generation":
            models.end_sessions(widget)
        elif change == "switched off":
            widget.is_on = False
            models.store(widget)
        elif change == "room closed":
            widget.room.guests = Room.Guests.NONE
            widget.room.save()
        elif change == "vouching":
            widget.access = Widget.Access.VOUCHED
            models.store(widget)
        elif change == "banned here":
            Restriction.objects.create(room=widget.room, person=vera.user, kind="ban", reason="Spam.")
        else:
            vera.user.is_active = change != "banned"
            vera.user.is_muted = change == "muted"
            vera.user.save()

    with lost_hints():
        await sync_to_async(do)()
        if change == "muted":
            await page.until(lambda: True)
            await page.send(kind="say", text="hello", page="p", acked="0")
            await page.shows("You")
            assert not await Message.objects.aexists()
            await page.cut()
        else:
            await page.until(lambda: page.closed, "the end")
            assert page.closed in (4001, 4003, 4004)


async def test_who_is_muted_in_the_room_of_a_widget_is_told_until_when_and_may_write_then(widget, vera, fast_clocks):
    def mute(seconds):
        until = timezone.now() + timedelta(seconds=seconds)
        which = {"room": widget.room, "person": vera.user, "kind": "mute"}
        Restriction.objects.update_or_create(**which, defaults={"until": until})

    async with VisitorPage(widget, await sync_to_async(ticket)(vera), vera.user) as page:
        await sync_to_async(mute)(7200)
        await page.shows("You can write here again in 2 hours.")
        await sync_to_async(mute)(0.5)
        await page.until(lambda: "again in" not in page.document.part(page.region.id("note")), "the end of it")
        await page.send(kind="say", text="hello", page="p", acked="0")
        await page.until(lambda: "hello" in page.document.part(page.region.id("log")), "it is heard")
        await sync_to_async(mute)(7200)
        await page.until(lambda: "again in" in page.document.part(page.region.id("note")), "muted again")
        await page.send(kind="say", text="and again", page="p", acked="1")
        await page.shows("Not sent. You can write here again in 2 hours.")


def test_who_is_banned_from_the_room_of_a_widget_reads_why(client, widget, vera, lobby):
    Restriction.objects.create(room=lobby, person=vera.user, kind="ban", reason="Spam.")
    answer = client.post(address(widget), {"ticket": ticket(vera)})
    assert (answer.status_code, "banned from this room. Spam." in text_of(answer)) == (403, True)


async def test_a_socket_that_says_nobody_vouched_for_it_is_sent_away(widget, vera):
    await Widget.objects.aupdate(access="vouched")
    page = VisitorPage(widget, "", vera.user)
    await page.__aenter__()
    assert page.closed == 4001
    assert "Load the page again, so that it can say who you are." in page.document.text()


@pytest.mark.parametrize("origin", ["null", "https://shop.example"])
async def test_a_socket_may_come_from_an_app_or_any_page_for_no_cookie_says_who_it_is(widget, vera, origin):
    page = VisitorPage(widget, await sync_to_async(ticket)(vera), vera.user)
    page.open = partial(page.open, origin)
    await page.__aenter__()
    assert page.document.value(page.region.id("met")) == "1"
    await page.cut()


async def test_sockets_of_two_widgets_are_apart(widget, vera, lobby):
    other = await Widget.objects.acreate(room=lobby, title="Other")
    page = VisitorPage(other, await sync_to_async(ticket)(vera), vera.user)
    await page.__aenter__()
    assert page.closed == 4001


def test_a_page_without_a_socket_gets_its_parts_and_a_new_ticket_from_the_panel(client, widget, vera):
    fields = {"ticket": ticket(vera), "met": "", "several_lines": "1"}
    panel = client.post(address(widget, "panel/"), fields, HTTP_HX_REQUEST="true").content.decode()
    key_ = f"widget-{widget.public_id}"
    assert re.search(rf'<input type="hidden" id="{key_}-ticket" name="ticket" value="[^"]+" hx-swap-oob="true">', panel)
    assert f'<div hx-swap-oob="innerHTML:#{key_}-log">' in panel
    assert "<textarea" in panel
    assert client.post(address(widget, "panel/"), {"ticket": "x"}, HTTP_HX_REQUEST="true").status_code == 403
    assert "Several lines" in client.post(address(widget, "lines/"), {"several": "0", "text": "a"}).content.decode()
    assert "line breaks" in client.post(address(widget, "pasted/")).content.decode()
    assert not client.cookies


def test_earlier_messages_come_by_post_with_the_ticket(client, widget, vera, lobby):
    Widget.objects.update(access="vouched")
    for n in range(60):
        submit(vera.user, lobby.pk, [NumberedText("", 0, f"message {n}.")]).result(10)
        limits._shared.clear()
    page = client.post(address(widget), {"ticket": ticket(vera)}).content.decode()
    assert "message 59." in page
    assert "message 9." not in page
    upto = re.search(r'name="upto" value="(\d+)"', page)[1]
    assert f"/older/?upto={upto}" not in page
    for part in ("older/", ""):
        assert (
            "message 9." in client.post(address(widget, part), {"ticket": ticket(vera), "upto": upto}).content.decode()
        )
    assert client.post(address(widget, "older/"), {"upto": upto}).status_code == 403


def test_a_widget_speaks_its_own_language(client, widget):
    Widget.objects.update(language="de")
    page = client.get(address(widget)).content.decode()
    assert '<html lang="de"' in page
    assert 'aria-label="Nachrichten"' in page
    assert "Ihr Name" in page
    assert f"/ws/embed/{widget.public_id}/?language=de" in page


def test_a_bell_shows_what_its_visitor_is_alerted_of(client, lobby):
    bell = Widget.objects.create(kind=Widget.Kind.BELL, title="News")
    assert "for people whom the site around this page knows" in text_of(client.get(address(bell)))
    signer = key(bell)
    answer = client.get(address(bell, identity=token(bell, signer)))
    assert "Nothing is waiting for you." in text_of(answer)
    notify(visitors.find(bell.public_id, "42"), "order", "Your order is on its way", url="https://shop.example/5")
    answer = client.post(address(bell), {"ticket": ticket_on(answer)})
    assert '<a href="https://shop.example/5" target="_blank"' in answer.content.decode()
    assert "Unread: Your order is on its way" in text_of(answer)
    shown = re.search(r'name="upto" value="(\d+)"', answer.content.decode())[1]
    notify(visitors.find(bell.public_id, "42"), "order", "It is delayed")
    answer = client.post(address(bell, "read/"), {"ticket": ticket_on(answer), "kind": "read", "upto": shown})
    assert "Unread: It is delayed" in text_of(answer)
    assert "Unread: Your order" not in text_of(answer)


async def test_a_bell_in_a_widget_is_live(desk):
    bell = await Widget.objects.acreate(kind=Widget.Kind.BELL, title="News")
    vera = await sync_to_async(visitors.vouched)(bell, identity.Claims("42", "Vera"))
    page = VisitorPage(bell, await sync_to_async(ticket)(vera), vera.user, BellConsumer)
    await page.__aenter__()
    await sync_to_async(notify)(vera.user, "order", "Your order is on its way")
    await page.shows("Unread: Your order is on its way")
    shown = page.document.value(page.region.id("upto"))
    await sync_to_async(notify)(vera.user, "order", "It is delayed")
    await page.shows("Unread: It is delayed")
    await page.send(kind="read", upto=shown)
    await page.until(lambda: "Unread: Your" not in page.document.text(), "that it is read")
    assert "Unread: It is delayed" in page.document.text()
    await page.send(kind="read")
    await page.until(lambda: "Unread" not in page.document.text(), "that it is read")
    await page.cut()


async def test_tickets_that_end_silently_are_found_when_all_are_asked_again(widget, vera):
    page = await opened(widget, vera)
    [listener] = current().listeners
    assert await sync_to_async(differing)([listener]) == []
    await Widget.objects.aupdate(generation=9)
    assert await sync_to_async(differing)([listener]) == [listener]
    await page.cut()


async def test_who_types_is_seen_on_either_side(widget, vera, lobby, ann):
    outside = await opened(widget, vera)
    inside = RecordingPage(ann, lobby.slug)
    await inside.__aenter__()
    await inside.send(kind="typing")
    await outside.shows("Ann is typing")
    await outside.send(kind="typing")
    await inside.shows("Vera is typing")
    for page in (outside, inside):
        await page.cut()
