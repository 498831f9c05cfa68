"""The HTTP API: what a token opens, and how clearly everything else is refused."""

from concurrent.futures import Future

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, User
from alerts.models import Alert
from api import views
from parlour import Head
from rooms.files import post_files
from rooms.models import Message, Room
from rooms.moderation import remove
from rooms.posting import post, prepare
from rooms.send_once import NumberedText
from widgets import visitors
from widgets.identity import Claims
from widgets.models import Widget

MESSAGES = "/api/rooms/lobby/messages/"


@pytest.fixture
def garden(ann):
    """An open room, which is none of the tokens'."""
    return Room.objects.create(title="Garden", owner=ann)


@pytest.fixture
def token(lobby, ann):
    """token(scopes, owner=…, rooms=…) makes a token and gives its header."""

    def make(*scopes, owner=ann, rooms=(lobby,)):
        name = f"Robot {ApiToken.objects.count()}"
        return {"HTTP_AUTHORIZATION": f"Bearer {tokens.make_token(owner, name, scopes or ['read', 'post'], rooms, 90)}"}

    return make


@pytest.fixture
def call(client):
    """call(method, address, token, body) gives the status and the JSON of the answer."""

    def call(method, address, token, body=None, **headers):
        sent = {} if body is None else {"data": body, "content_type": "application/json"}
        response = getattr(client, method)(address, **sent | headers, **token)
        return response.status_code, response.json()

    return call


def say(room, author, *texts):
    return post([prepare(room.pk, author.pk, NumberedText("", 0, text)) for text in texts])


@pytest.mark.django_db(transaction=True)
def test_a_program_searches_the_rooms_of_its_token_that_its_bot_may_read(call, token, lobby, team, garden, ann):
    for room in (lobby, team, garden):
        say(room, ann, f"the fox of {room.title}", "something else")
    status, answer = call("get", "/api/search/?q=the+fo", token(rooms=(lobby, team)))
    assert (status, [row["text"] for row in answer["messages"]]) == (200, ["the fox of Team", "the fox of Lobby"])
    assert answer["messages"][1]["room"] == "lobby"
    lobby.access = Room.Access.MEMBERS
    lobby.save()
    assert "Lobby" not in str(call("get", "/api/search/?q=the+fo", token(rooms=(lobby,)))[1])
    assert call("get", "/api/search/", token())[1] == {"messages": []}
    assert call("get", "/api/search/?q=fox", token("post"))[0] == 403


@pytest.mark.django_db(transaction=True)
def test_a_program_reads_what_is_new_and_what_changed_in_order(call, token, lobby, ann):
    robot = token()
    first = say(lobby, ann, "one", "two")[0]
    status, page = call("get", MESSAGES, robot)
    assert (status, [each["text"] for each in page["messages"]], page["more"]) == (200, ["one", "two"], False)
    assert page["messages"][0]["url"] == f"http://testserver{first.get_absolute_url()}"
    assert page["messages"][0] | {"created": "", "url": ""} == {
        "id": first.pk,
        "author": "Ann",
        "kind": "account",
        "own": False,
        "text": "one",
        "created": "",
        "edited": False,
        "files": [],
        "deleted": False,
        "url": "",
    }
    say(lobby, ann, "three")
    remove([first.pk])
    _, page = call("get", f"{MESSAGES}?since={page['cursor']}", robot)
    assert [(each["text"], each["deleted"]) for each in page["messages"]] == [("three", False), ("", True)]
    assert call("get", f"{MESSAGES}?since={page['cursor']}", robot)[1]["messages"] == []


@pytest.mark.django_db(transaction=True)
def test_all_pages_together_are_the_whole_room(call, token, lobby, ann, monkeypatch):
    monkeypatch.setattr("api.views.MOST", 2)
    robot, cursor, read, more = token(), "0", [], True
    say(lobby, ann, *"abcde")
    while more:
        _, page = call("get", f"{MESSAGES}?since={cursor}", robot)
        read += [each["text"] for each in page["messages"]]
        cursor, more = page["cursor"], page["more"]
    assert read == [*"abcde"]


@pytest.mark.parametrize("cursor", ["nonsense", "0.0", "{epoch:x}.999", "{epoch:x}.-1", "", "{epoch:x}." + "9" * 30])
def test_a_cursor_of_another_database_or_of_none_is_gone(call, token, cursor):
    robot = token()
    assert call("get", f"{MESSAGES}?since={cursor.format(epoch=Head.objects.epoch())}", robot)[0] == 410


@pytest.mark.django_db(transaction=True)
def test_reading_costs_the_same_for_many(client, token, lobby, ann, ben, django_assert_max_num_queries):
    robot = token()
    for person in (ann, ben, ann, ben):
        say(lobby, person, "a", "b", "c")
    client.get(MESSAGES, **robot)
    with django_assert_max_num_queries(6):
        assert len(client.get(MESSAGES, **robot).json()["messages"]) == 12


def test_it_lists_the_rooms_that_token_and_owner_both_have(call, token, lobby, team, garden, ann):
    def listed(token):
        return [room["slug"] for room in call("get", "/api/rooms/", token)[1]["rooms"]]

    wide, narrow = token(rooms=[lobby, team]), token()
    assert (listed(wide), listed(narrow)) == (["lobby", "team"], ["lobby"])
    team.memberships.get(person=ann).delete()
    assert listed(wide) == ["lobby"]


@pytest.mark.django_db(transaction=True)
def test_a_text_with_a_key_is_posted_once(call, token, lobby, team):
    robot = token(rooms=[lobby, team])
    key = {"HTTP_IDEMPOTENCY_KEY": "build 7"}
    made, message = call("post", MESSAGES, robot, {"text": " done "}, **key)
    again, same = call("post", MESSAGES, robot, {"text": "done"}, **key)
    assert (made, again, message) == (201, 200, same)
    assert call("post", MESSAGES, robot, {"text": "other"}, **key)[0] == 422
    assert call("post", "/api/rooms/team/messages/", robot, {"text": "done"}, **key)[0] == 422
    assert call("post", MESSAGES, robot, {"text": "done"})[0] == 201
    assert [row.text for row in Message.objects.all()] == ["done", "done"]
    assert message["own"]
    assert message["kind"] == "bot"


@pytest.mark.django_db(transaction=True)
def test_a_repeat_of_a_text_that_was_deleted_or_edited_meanwhile_is_a_repeat(call, token, lobby):
    robot, keys = token(), [{"HTTP_IDEMPOTENCY_KEY": f"build {n}"} for n in range(2)]
    for key in keys:
        call("post", MESSAGES, robot, {"text": "done"}, **key)
    deleted, edited = Message.objects.order_by("pk")
    remove([deleted.pk])
    Message.objects.filter(pk=edited.pk).update(text="corrected", edited=timezone.now())
    again = [call("post", MESSAGES, robot, {"text": "done"}, **key) for key in keys]
    assert [status for status, _ in again] == [200, 200]
    assert [message["id"] for _, message in again] == [deleted.pk, edited.pk]
    assert Message.objects.count() == 2


def test_a_post_that_is_not_committed_in_time_is_503_in_words(call, token, monkeypatch):
    monkeypatch.setattr(views, "submit", lambda *_: Future())
    monkeypatch.setattr(views, "COMMIT_WITHIN", 0.01)
    status, answer = call("post", MESSAGES, token(), {"text": "done"})
    assert (status, "same Idempotency-Key" in answer["error"]) == (503, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/plain", "*hi*"), ("text/markdown; charset=utf-8", "*hi*"), ("application/json", '{"text": "*hi*"}')],
)
def test_a_webhook_posts_its_body_once_for_each_id(client, token, kind, body):
    robot = token("post")
    for _ in range(2):
        client.post("/api/rooms/lobby/hook/", body, content_type=kind, HTTP_WEBHOOK_ID="msg_1", **robot)
    assert [row.html for row in Message.objects.all()] == ["<p><em>hi</em></p>\n"]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded", "hi", 400),
        ("text/plain", b"\xff", 400),
        ("text/plain", " ", 422),
        ("text/plain", "x" * 5000, 422),
        ("text/plain", "x" * (1024**2 + 1), 413),
        ("application/json", "x" * (1024**2 + 1), 413),
        ("application/json", "{", 400),
        ("application/json", "[" * 200_000, 400),
        ("application/json", '["text"]', 400),
        ("application/json", "{}", 400),
        ("application/json", '{"text": 5}', 400),
        ("application/json", '{"text": "\\ud800"}', 422),
    ],
)
def test_a_body_that_is_no_text_is_refused_in_words(client, token, kind, body, status):
    response = client.post("/api/rooms/lobby/hook/", body, content_type=kind, **token())
    assert (response.status_code, bool(response.json()["error"])) == (status, True)
    assert not Message.objects.exists()


def test_too_fast_is_429_and_says_when_to_come_again(client, token, post_rate):
    robot = token()
    post_rate("0.1/1")
    client.post(MESSAGES, {"text": "a"}, "application/json", **robot)
    response = client.post(MESSAGES, {"text": "b"}, "application/json", **robot)
    assert (response.status_code, response["Retry-After"]) == (429, "1")


@pytest.mark.parametrize(
    ("rate", "address"), [("endpoint.RATE", "rooms/lobby/hook"), ("views.NOTIFY_RATE", "roles/staff/notify")]
)
def test_requests_and_alerts_of_a_program_are_limited(client, token, sue, lobby, monkeypatch, rate, address):
    robot = token("post", "notify", owner=sue)
    monkeypatch.setattr(f"api.{rate}", "0.01/1")
    sent = {"text": "a", "title": "a"}
    statuses = [client.post(f"/api/{address}/", sent, "application/json", **robot).status_code for _ in range(2)]
    assert statuses[1] == 429 != statuses[0]


@pytest.mark.parametrize(
    ("scopes", "method", "address", "status"),
    [
        (["post"], "get", "/api/rooms/", 403),
        (["post"], "get", MESSAGES, 403),
        (["read"], "post", MESSAGES, 403),
        (["read"], "post", "/api/rooms/lobby/hook/", 403),
        (["post"], "post", "/api/ticket/", 403),
        (["read", "post"], "post", "/api/roles/staff/notify/", 403),
        (["notify"], "post", "/api/roles/staff/notify/", 403),  # whose owner is not of the staff
        (["read", "post"], "get", "/api/rooms/garden/messages/", 404),
        (["read", "post"], "post", "/api/rooms/garden/messages/", 404),
        (["read", "post"], "post", "/api/rooms/garden/hook/", 404),
        (["read", "post"], "get", "/api/rooms/nowhere/messages/", 404),
        (["read", "post"], "get", "/api/nowhere/", 404),
        (["read", "post"], "get", "/api/rooms", 404),
        (["read", "post"], "delete", MESSAGES, 405),
        (["read", "post"], "get", "/api/ticket/", 405),
    ],
)
def test_a_token_does_nothing_beyond_its_scopes_and_rooms(call, token, garden, scopes, method, address, status):
    got, answer = call(method, address, token(*scopes), {"text": "hi", "title": "hi"} if method == "post" else None)
    assert (got, bool(answer["error"])) == (status, True)
    assert not Message.objects.exists()
    assert not Alert.objects.exists()


def test_a_terminal_shows_words_as_they_are_written(client, token):
    assert "“notify”" in client.post("/api/roles/staff/notify/", **token("read")).content.decode()


def test_who_is_muted_or_put_out_of_a_room_posts_no_more(call, token, team, ann):
    robot = token(rooms=[team])
    bot = ApiToken.objects.get().bot
    bot.is_muted = True
    bot.save()
    assert call("post", "/api/rooms/team/messages/", robot, {"text": "hi"})[0] == 403
    team.memberships.get(person=ann).delete()
    assert call("get", "/api/rooms/team/messages/", robot)[0] == 404


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer parlour_" + "x" * 43, "Basic YTpi", "Bearer nonsense"])
def test_without_a_token_that_is_valid_nothing_opens(call, token, ann, client, authorization):
    client.force_login(ann)  # a session is none
    status, answer = call("get", "/api/rooms/", {"HTTP_AUTHORIZATION": authorization})
    assert (status, "Bearer" in answer["error"]) == (401, True)


def test_a_token_that_has_expired_or_was_revoked_opens_nothing(call, token):
    robot, other = token(), token()
    ApiToken.objects.filter(name="Robot 0").update(expires=timezone.now())
    ApiToken.objects.get(name="Robot 1").delete()
    assert [call("get", "/api/rooms/", each)[0] for each in (robot, other)] == [401, 401]


def test_the_staff_is_notified_once_for_each_key(call, token, sue):
    robot = token("notify", owner=sue, rooms=[])
    notice = {"title": "The build failed", "text": "main", "url": "https://ci.example/7"}
    for _ in range(2):
        assert call("post", "/api/roles/staff/notify/", robot, notice, HTTP_IDEMPOTENCY_KEY="7")[0] == 200
    [alert] = Alert.objects.all()
    assert (alert.audience, alert.title, alert.body, alert.url) == ("staff", *notice.values())
    assert call("post", "/api/roles/pilots/notify/", robot, notice)[0] == 404
    for wrong in ({"title": " "}, {"title": "x", "url": "javascript:alert(1)"}, {"title": "x", "url": "/\ud800"}):
        assert call("post", "/api/roles/staff/notify/", robot, wrong)[0] == 422
    User.objects.filter(pk=sue.pk).update(is_staff=False)
    assert call("post", "/api/roles/staff/notify/", robot, notice)[0] == 403


def test_somebody_on_another_site_is_notified_by_the_name_that_they_have_there(call, token, sue):
    bell = Widget.objects.create(kind=Widget.Kind.BELL, title="Bell", access=Widget.Access.VOUCHED)
    vera = visitors.vouched(bell, Claims("42/a", "Vera")).user
    robot, notice = token("notify", owner=sue, rooms=[]), {"title": "Your order is on its way"}
    assert call("post", f"/api/widgets/{bell.public_id}/people/42/a/notify/", robot, notice)[0] == 200
    assert Alert.objects.get().audience == f"user.{vera.pk}"
    for unknown in ("43", "4%002"):
        assert call("post", f"/api/widgets/{bell.public_id}/people/{unknown}/notify/", robot, notice)[0] == 404


def test_a_ticket_is_good_once_and_for_a_minute(call, token, monkeypatch):
    ticket = call("post", "/api/ticket/", token())[1]["ticket"]
    late = call("post", "/api/ticket/", token())[1]["ticket"]

    def is_let_in(ticket):
        try:
            return bool(tokens.authenticate("", "10.0.0.1", ticket))
        except tokens.Refused:
            return False

    tampered = [ticket[:-1] + ("A" if ticket[-1] != "A" else "B"), "x" + ticket, signing.dumps([1, "x"]), "a" * 100_000]
    assert [is_let_in(each) for each in (*tampered, ticket, ticket)] == [False] * 4 + [True, False]
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 62)
    assert not is_let_in(late)


@pytest.mark.django_db(transaction=True)
def test_a_program_reads_the_files_of_its_rooms(call, client, token, lobby, garden, ann, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    robot = token()
    post_files(ann, lobby, "page", [SimpleUploadedFile("note.txt", b"hello")])
    [file] = call("get", MESSAGES, robot)[1]["messages"][0]["files"]
    assert {**file, "url": ""} == {"name": "note.txt", "type": "application/octet-stream", "size": 5, "url": ""}
    address = file["url"].removeprefix("http://testserver")
    assert b"".join(client.get(address, **robot)) == b"hello"
    assert call("get", address, token(rooms=[garden]))[0] == 404
    assert call("get", address, token("post"))[0] == 403
    assert call("get", address.replace("/files/", "/files/9"), robot)[0] == 404
