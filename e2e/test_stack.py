"""The stack that deploy/ describes, through its nginx: TLS, three web processes on two servers, a worker, a backup."""

import http.client
import re
import secrets
import shutil
import ssl
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.people import Person
from .support.room_socket import RoomSocket
from .support.stack import DEPLOY, WEB, Stack, words_of
from .support.waiting import eventually

pytestmark = pytest.mark.stack
Invite = Callable[..., Person]
PEOPLE = """
from accounts.models import User
from rooms.models import Room
for name in ("ann", "ben"):
    User.objects.create_user(name, password="parlour")
Room.objects.create(slug="lobby", title="Lobby", owner=User.objects.get(username="ann"))
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.start()
        stack.run("web-1", ["python", "manage.py", "shell", "-c", PEOPLE])
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(stack.certificate))
            yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def database(stack: Stack) -> Deployment:
    """The stack's database, past the product."""
    assert stack.postgres
    return Deployment(stack.folder / "var", stack.postgres.url("parlour"))


def signed_in(invite: Invite, stack: Stack, name: str) -> Person:
    return invite(stack, ignore_https_errors=True).sign_in(name)


def tried(stack: Stack, request: str) -> list[set[str]]:
    """The ports of the servers that each such request was passed to, as nginx's log has them."""
    lines = (stack.folder / "logs" / "nginx.log").read_text().splitlines()
    return [set(re.findall(r"127\.0\.0\.1:(\d+)", line)) for line in lines if request in line]


def each_server(stack: Stack) -> set[str]:
    return {str(stack.ports[name]) for name in WEB}


def test_people_at_different_servers_talk_over_tls(stack: Stack, person: Invite) -> None:
    ann, ben = (signed_in(person, stack, name).open_room("lobby") for name in ("ann", "ben"))
    for tab in (ann, ben):
        tab.sees_people("ann", "ben")
    ann.say("over TLS")
    ben.sees("over TLS").say("and back")
    ann.sees("and back").equals_a_fresh_page()
    client = HttpClient(stack.url).sign_in("ben")
    rooms = [RoomSocket(client, "lobby").hello() for _ in WEB]
    rooms[0].say("heard at each server")
    for room in rooms:
        room.hears("heard at each server")
        room.socket.close()
    opened = "GET /ws/rooms/lobby/ 101"
    eventually(lambda: set().union(*tried(stack, opened)) == each_server(stack), 10, "a socket at each server")


def test_static_files_are_kept_for_a_year_and_come_compressed(stack: Stack) -> None:
    client = HttpClient(stack.url)
    sheet = re.search(r'href="(/static/[^"]+\.css)"', client.get("/accounts/login/").text)
    assert sheet
    answer = client.get(sheet[1], **{"Accept-Encoding": "gzip"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    eventually(lambda: tried(stack, f"GET {sheet[1]} 200")[-1:] == [set()], 5, "nginx itself answers")
    assert client.get("/static/of-another-version.css").status == 404
    eventually(
        lambda: tried(stack, "GET /static/of-another-version.css 404") == [each_server(stack)], 5, "all are asked"
    )


def test_the_limits_see_the_address_of_the_client(stack: Stack, database: Deployment) -> None:
    ssl_context = ssl.create_default_context()
    name, sent = f"nobody-{secrets.token_hex(4)}", 0
    while set().union(*tried(stack, "POST /accounts/login/ 200")) != each_server(stack) or sent < len(WEB):
        sent += 1
        assert sent < 10, "some server was never asked"
        line = http.client.HTTPSConnection(
            "localhost", stack.ports["https"], timeout=20, source_address=("127.0.0.2", 0), context=ssl_context
        )
        line.request("GET", "/accounts/login/")
        page = line.getresponse()
        page.read()
        token = re.search("csrftoken=([^;]+)", page.headers["Set-Cookie"])
        assert token
        headers = {"Cookie": token[0], "X-CSRFToken": token[1], "Origin": stack.url, "X-Forwarded-For": "192.0.2.1"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        line.request("POST", "/accounts/login/", f"username={name}&password=wrong", headers)
        assert line.getresponse().status == 200
        line.close()
    attempts = f"SELECT host(ip_address), failures_since_start FROM axes_accessattempt WHERE username = '{name}'"
    assert database.rows(attempts) == [("127.0.0.2", sent)]


def test_a_restored_backup_comes_to_an_open_page_by_itself(stack: Stack, database: Deployment, person: Invite) -> None:
    ann = signed_in(person, stack, "ann").open_room("lobby").say("before the backup")
    waiting = stack.folder / "var" / "uploads" / "imports" / "waiting.csv"
    waiting.parent.mkdir(exist_ok=True)
    waiting.write_text("item,amount\n")
    plan = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"tea at five"}
    ann.page.get_by_label("Files", exact=True).set_input_files(plan)
    ann.page.get_by_role("button", name="Send files").click()
    expect(ann.log.get_by_role("link", name="plan.txt")).to_be_visible()
    backup = stack.run_service("backup").strip()
    ann.say("after the backup").sees("after the backup")
    shutil.rmtree(stack.folder / "var" / "uploads" / "rooms")
    waiting.unlink()
    with pytest.raises(AssertionError, match="Add --overwrite"):
        stack.run("backup", ["deploy/restore", backup])
    ann.equals_a_fresh_page()
    words = stack.run("backup", ["deploy/restore", backup, "--overwrite"])
    eventually(lambda: "after the backup" not in ann.messages, 30, "what the backup does not hold is gone")
    ann.sees("before the backup").wait_live().say("after the restore")
    ann.sees("after the restore").equals_a_fresh_page()
    assert waiting.read_text() == "item,amount\n"
    with ann.page.expect_download() as download:
        ann.log.get_by_role("link", name="plan.txt").click()
    assert Path(download.value.path()).read_text() == "tea at five"
    kept = re.search(r"kept as (\w+)", words)
    assert kept
    assert [name for (name,) in database.rows("SELECT datname FROM pg_database WHERE NOT datallowconn")] == [
        "template0",
        kept[1],
    ]


def test_a_backup_that_is_damaged_changes_nothing(stack: Stack, database: Deployment, tmp_path: Path) -> None:
    backup = Path(stack.run_service("backup").strip())
    with tarfile.open(backup) as tar:
        dump = tar.getmember("./database.dump")
    damaged = backup.with_name("damaged.tar")
    content = bytearray(backup.read_bytes())
    content[dump.offset_data + dump.size // 2] ^= 1
    damaged.write_bytes(content)
    names = "SELECT datname FROM pg_database ORDER BY 1"
    before = database.rows(names)
    with pytest.raises(AssertionError, match=r"database\.dump: FAILED"):
        stack.run("backup", ["deploy/restore", str(damaged), "--overwrite"])
    assert database.rows(names) == before
    assert not list(backup.parent.glob(".*")), "nothing is left beside the backups"


def test_no_log_holds_what_stands_behind_a_question_mark(stack: Stack) -> None:
    client = HttpClient(stack.url).sign_in("ben")
    client.get("/rooms/lobby/?token=SECRET", Referer=f"{stack.url}/?token=SECRET")
    assert client.post("/accounts/login/?token=SECRET", {"username": "x" * 2 * 1024**2}).status == 413
    RoomSocket(client, "lobby").dial().close()
    logs = {path.name: path.read_text() for path in (stack.folder / "logs").iterdir()}
    assert set(logs) == {f"{name}.log" for name in stack.processes}
    assert stack.postgres
    logs["postgres.log"] = (stack.postgres.folder / "postgres.log").read_text()
    assert [name for name, text in logs.items() if "SECRET" in text] == []
    assert "POST /accounts/login/ 413" in logs["nginx.log"]


def test_each_command_of_the_files_was_run(stack: Stack) -> None:
    compose, dockerfile = yaml.safe_load((DEPLOY / "compose.yml").read_text()), (DEPLOY / "Dockerfile").read_text()
    checks = [service.get("healthcheck", {}).get("test") for service in compose["services"].values()]
    checks += [yaml.safe_load(line.partition("CMD ")[2]) for line in words_of(dockerfile, "HEALTHCHECK")]
    kinds = {"CMD": slice(1, None), "CMD-SHELL": 1}
    commands = [service["command"] for service in compose["services"].values()]
    commands += [yaml.safe_load(line) for line in words_of(dockerfile, "CMD")]
    commands += [test[kinds[test[0]]] if test[0] in kinds else test for test in checks if test]
    images = r"python -m (venv|pip) |apt-get |install -d "  # what makes the image itself
    commands += [line for line in words_of(dockerfile, "RUN") if not re.match(images, line)]
    assert [command for command in commands if command not in stack.ran] == []
