"""A record of what the product does, seen from outside: browser, raw sockets, plain HTTP and SQL.

Run it before and after a large change. It knows the wire protocol, accessible names, addresses and the tables below.
"""

import csv
import http.client
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from .support.bell import at_peace, bell, count, none, opened, toasts
from .support.deployments import ROOT, Builder, Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.markup import parse as tree
from .support.people import Person
from .support.processes import Process
from .support.redis import Redis
from .support.room_socket import RoomSocket, dial, until_closed
from .support.servers import Server
from .support.shop import order
from .support.tabs import Tab
from .support.waiting import eventually

Build = Callable[..., Deployment]
Invite = Callable[..., Person]
Lay = Callable[[Server], FlakyProxy]
WORKER = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker"]  # what `make worker` runs
MESSAGES = "SELECT id, seq FROM rooms_message WHERE text = %s ORDER BY seq"
ALERTS = "SELECT id, audience FROM alerts_alert WHERE title = %s"
MARKS = """SELECT count(seen), count(read) FROM alerts_mark
JOIN accounts_user ON accounts_user.id = person_id WHERE alert_id = %s AND username = %s"""
ORDERS = "SELECT count(*), count(DISTINCT item) FROM shop_order WHERE item LIKE %s"
ROWS, BAD = 16_000, 400  # rows of the imported file; every 400th is rejected
SHEET = [f"Pot {n},{'-' * (n % BAD == 0)}1.50,EUR,by Friday,\n" for n in range(1, ROWS + 1)]


@pytest.fixture(
    scope="module", params=[pytest.param("daphne-sqlite", marks=pytest.mark.faults), "uvicorn-postgres-redis"]
)
def deployment(request: pytest.FixtureRequest, builder: Builder, module_deployment: Build) -> Iterator[Deployment]:
    """The product as it runs on one machine, and as it runs in production, with a worker for jobs."""
    if request.param == "daphne-sqlite":
        yield module_deployment()
        return
    redis = Redis(builder.folder)
    deployment = module_deployment(postgres=True, redis_url=redis.url())
    worker = Process(WORKER, log=deployment.var / "worker.log", env=deployment.env, cwd=ROOT)
    yield deployment
    worker.kill()
    redis.kill()


@pytest.fixture(scope="module")
def server(deployment: Deployment) -> Server:
    return deployment.start_server("uvicorn" if deployment.redis_url else "daphne")


def raw(server: Server, name: str, *others: str) -> RoomSocket:
    """A page on a raw socket whose hello was answered and which has heard that these people are here."""
    room = RoomSocket(HttpClient(server.url).sign_in(name), "lobby").hello()
    people = room.page.ids[f"{room.key}-people"]
    room.read(until=lambda _: {each.text for each in people.find("bdi")} >= {name, *others})
    return room


def cursor(room: RoomSocket) -> tuple[str, str, int]:
    """The page's cursor for the conversation: the id of its element, the stream with its epoch, the number."""
    nodes = [node.attrs for node in room.page.find("input", name="cursor")]
    [mine] = [attrs for attrs in nodes if attrs["value"].startswith("room.")]
    stream, _, seq = mine["value"].rpartition(".")
    return mine["id"], stream, int(seq)


def shape(frame: str) -> list[str]:
    """Tag, id, hx-swap-oob and the ids inside, of each top-level element of a frame, heartbeats apart."""
    lines = []
    for node in tree(frame).children:
        ids = [each.attrs["id"] for each in node.children if "id" in each.attrs]
        lines.append(" ".join([node.tag, node.attrs.get("id", "-"), node.attrs["hx-swap-oob"], *ids]))
    return [line for line in lines if "-hb " not in line]


def message(room: RoomSocket, pk: int) -> list[str]:
    """A message to who did not write it: the line, no more typing, an announcement, and at the end the cursor."""
    swaps = [f"ol - beforeend:#{room.key}-log {room.key}-{pk}"]
    swaps += [f"div - innerHTML:#{room.key}-{part}" for part in ("typing", "announce")]
    return [*swaps, f"input {cursor(room)[0]} true"]


def frame_with(room: RoomSocket, text: str) -> str:
    return next(frame for frame in room.frames if text in frame)


def test_a_typed_message_reaches_every_page_and_is_stored_once(
    deployment: Deployment, server: Server, person: Invite
) -> None:
    writer, reader = (person(server).sign_in(name).open_room("lobby") for name in ("member", "other"))
    listener = raw(server, "staff", "member", "other")
    name, stream, seq = cursor(listener)
    text, shown = "typed <b>here</b> & *there*", "typed <b>here</b> & there"
    writer.say(text)
    for tab in (writer, reader):
        tab.sees(shown)
    listener.waits_for(shown)
    eventually(lambda: not writer.unconfirmed, 5, "the confirmation")
    frame, [(pk, stored)] = frame_with(listener, "typed"), deployment.rows(MESSAGES, text)
    assert shape(frame) == message(listener, pk)
    assert tree(frame).children[-1].attrs["value"] == f"{stream}.{stored}"
    assert cursor(listener) == (name, stream, seq + 1)
    for tab in (writer, reader):
        before = tab.messages
        tab.page.reload()
        assert tab.wait_live().messages == before
        assert before.count(shown) == 1


def test_a_say_frame_that_comes_again_is_answered_once_and_stored_once(deployment: Deployment, server: Server) -> None:
    writer = raw(server, "member")
    first = {**writer.fields("sent"), "kind": "say", "text": "sent twice"}
    writer.say("sent twice")
    writer.read(until=lambda page: page.fields("sent")["acked"] == "1" and "sent twice" in page.texts)
    assert "".join(writer.frames).count(f'hx-swap-oob="delete:#{writer.key}-box > :last-child"') == 1
    assert shape(frame_with(writer, "sent twice"))[-4:] == message(
        writer, deployment.rows(MESSAGES, "sent twice")[0][0]
    )
    already = len(writer.frames)
    writer.send(**first)
    writer.say("and another")
    writer.read(until=lambda page: page.fields("sent")["acked"] == "2" and "and another" in page.texts)
    assert "sent twice" not in "".join(writer.frames[already:])
    assert [len(deployment.rows(MESSAGES, text)) for text in ("sent twice", "and another")] == [1, 1]


def test_a_plain_form_says_it_once_and_a_live_page_shows_it(
    deployment: Deployment, server: Server, person: Invite
) -> None:
    plain = person(server, java_script_enabled=False).sign_in("member").open_room("lobby", live=False)
    other = person(server).sign_in("other").open_room("lobby")
    plain.type("by the plain form").page.get_by_role("button", name="Send", exact=True).click()
    for tab in (plain, other):
        tab.sees("by the plain form")
    assert plain.box.input_value() == ""
    visitor = HttpClient(server.url).sign_in("member")
    fields = {"kind": "say", "page": "0123456789abcdef", "acked": "0", "text": "posted twice"}
    assert [visitor.post("/rooms/lobby/messages/", fields).status for _ in range(2)] == [302, 302]
    assert [len(deployment.rows(MESSAGES, text)) for text in ("by the plain form", "posted twice")] == [1, 1]


def test_a_page_resumes_at_its_cursor_after_a_cut(
    deployment: Deployment, server: Server, person: Invite, flaky_proxy: Lay
) -> None:
    line = flaky_proxy(server)
    tab = person(line).sign_in("other").open_room("lobby")
    listener, talker = raw(server, "staff"), raw(server, "member")
    talker.say("before the cut")
    tab.sees("before the cut")
    name, stream, seq = cursor(listener.waits_for("before the cut"))
    line.cut()
    listener.socket.close()
    away = ["while away, one", "while away, two"]
    for text in away:
        talker.say(text)
        talker.waits_for(text)
    line.mend()
    listener.socket, listener.frames = listener.dial(), []
    listener.hello().waits_for(away[1])
    lines = [f"{listener.key}-{pk}" for text in away for pk, _ in deployment.rows(MESSAGES, text)]
    assert [each for frame in listener.frames for part in shape(frame) for each in part.split()[3:]] == lines
    assert cursor(listener) == (name, stream, seq + 2)
    assert shape(frame_with(listener, away[1]))[-1] == f"input {name} true"
    tab.sees_in_order(["before the cut", *away], within=40).equals_a_fresh_page()


def test_an_alert_rings_and_is_stored_as_seen_and_read(deployment: Deployment, server: Server, person: Invite) -> None:
    staff = bell(at_peace(person(server)), "/")
    order(HttpClient(server.url).sign_in("member"), "A brown teapot")
    count(staff, "1")
    expect(toasts(staff)).to_contain_text(["New order: A brown teapot"])
    [(pk, audience)] = deployment.rows(ALERTS, "New order: A brown teapot")
    assert (audience, deployment.rows(MARKS, pk, "staff")) == ("staff", [(0, 0)])
    entry = opened(staff).page.locator("#bell").get_by_role("listitem").filter(has_text="A brown teapot")
    expect(entry).to_have_count(1)
    none(staff)
    eventually(lambda: deployment.rows(MARKS, pk, "staff") == [(1, 0)], 5, "it is stored as seen")
    entry.get_by_role("link").click()
    expect(staff.page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()
    assert deployment.rows(MARKS, pk, "staff") == [(1, 1)]


def send_file(tab: Tab, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    tab.go("/shop/imports/").page.get_by_label("CSV file").set_input_files([file])  # type: ignore[list-item]
    tab.page.get_by_role("button", name="Import", exact=True).click()


def test_an_import_moves_and_keeps_what_it_takes_and_rejects(
    deployment: Deployment, server: Server, person: Invite
) -> None:
    member, elsewhere = person(server).sign_in("member"), bell(person(server).sign_in("member"), "/")
    send_file(member, "pots.csv", "".join(["item,amount,currency,note,reference\n", *SHEET]).encode())
    main, values = member.page.locator("main"), [0.0]
    bar = main.get_by_role("progressbar")
    eventually(lambda: values.append(float(bar.get_attribute("value") or 0)) or len(set(values)) > 3, 40, "a move")
    assert values == sorted(values)
    good = ROWS - ROWS // BAD
    expect(main).to_contain_text(f"Done: {good:,} orders are in, {ROWS // BAD} rows were rejected.", timeout=60_000)
    expect(elsewhere.page.locator("#bell")).to_contain_text("Import of pots.csv: done")
    assert deployment.rows(ORDERS, "Pot %") == [(good, good)]
    expect(main.get_by_role("table", name="Rejected rows")).to_contain_text("amount: It has to be more than nothing.")
    with member.page.expect_download() as download:
        member.page.get_by_role("link", name="Rejected rows as a CSV file").click()
    rows = csv.DictReader(download.value.path().open(encoding="utf-8-sig", newline=""))
    assert [(row["line"], row["item"]) for row in rows] == [(f"{n + 1}", f"Pot {n}") for n in range(BAD, ROWS + 1, BAD)]


def test_an_upload_of_the_wrong_kind_or_size_is_refused_in_words(server: Server, person: Invite) -> None:
    member = person(server).sign_in("member")
    send_file(member, "picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    expect(member.page.locator("main")).to_contain_text("This is not a text file in UTF-8.")
    expect(member.page.get_by_label("CSV file")).to_have_attribute("aria-invalid", "true")
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    cookies, kind = HttpClient(server.url).sign_in("member").cookies, "multipart/form-data; boundary=x"
    head = {"Cookie": cookies, "Content-Type": kind, "Content-Length": str(2**31)}
    line.request("POST", "/shop/imports/", headers=head)  # and no body: it is refused before it comes
    answer = line.getresponse()
    assert (answer.status, "too large" in answer.read().decode()) == (413, True)


@pytest.mark.parametrize(
    ("name", "code", "words", "way"),
    [("other", 4003, "Only members can read this room.", "/"), ("", 4001, "Sign in", "/accounts/login/")],
)
def test_a_members_room_refuses_strangers_in_words_and_closes_their_sockets(
    server: Server, person: Invite, name: str, code: int, words: str, way: str
) -> None:
    tab, visitor = person(server), HttpClient(server.url)
    for stranger in (tab, visitor) if name else ():
        stranger.sign_in(name)
    expect(tab.go("/rooms/team/").page.locator("main")).to_contain_text(words)
    assert visitor.get("/rooms/team/").status == 403
    [farewell], closed = until_closed(dial(visitor.url, "/ws/rooms/team/", visitor.cookies))
    said = tree(farewell)
    assert (closed, [node.attrs["id"] for node in said.children]) == (code, ["room-team-hb"])
    assert words in said.text
    assert [link.attrs["href"].partition("?")[0] for link in said.find("a")] == [way]
    assert said.by_id("room-team-beat") is None  # a beat would wake the watchdog


def test_a_page_whose_person_signs_out_is_closed_with_4001_and_hears_no_more(server: Server) -> None:
    member, talker = raw(server, "member"), raw(server, "staff", "member")
    member.client.post("/accounts/logout/", {})
    assert member.closed() == 4001
    assert "/accounts/login/" in member.frames[-1]
    talker.say("after the door closed")
    talker.waits_for("after the door closed")
    assert "after the door closed" not in "".join(member.frames)
