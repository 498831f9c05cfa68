"""Programs come in by tokens: what docs/bots.md shows is run as it stands there, on both servers."""

import html
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from .support import forms
from .support.appearance import fits, is_accessible
from .support.http_client import HttpClient
from .support.processes import Process
from .support.room_socket import until_closed
from .support.waiting import eventually

SHOWN = re.compile(r"```\w+\n# ([\w.]+)[^\n]*\n(.*?)```", re.DOTALL)
FILES = dict(SHOWN.findall((Path(__file__).parents[1] / "docs" / "bots.md").read_text()))
SETTINGS = {"LOG_LEVEL": "DEBUG"}


def make_token(client: HttpClient, name: str, **fields: Any) -> tuple[str, str]:
    """A new token for the lobby, from the page: the secret, and the line to try."""
    page = client.get("/accounts/tokens/").page
    form = forms.form_with(page, {"name": name})
    [lobby] = [label for label in form.find("label") if label.text.strip() == "Lobby"]
    room = lobby.find("input")[0].attrs["value"]
    changes = {"name": name, "scopes": ["read", "post"], "rooms": [room], **fields}
    answer = client.post("/accounts/tokens/", forms.filled(form, changes))
    secret, line = (html.unescape(each) for each in re.findall(r"<code>(.*?)</code></pre>", answer.text))
    return secret, line


def run(line: str, secret: str, url: str) -> Any:
    """What a line of shell prints, as JSON."""
    env = os.environ | {"TOKEN": secret, "SITE": url, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(["sh", "-c", line], env=env, capture_output=True, text=True, timeout=20, check=True)
    return json.loads(done.stdout)


def knock(url: str, query: str = "", secret: str = "") -> Any:
    """A socket of a program: no cookie and no origin."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    address = url.replace("http", "ws", 1) + "/ws/rooms/lobby/" + query
    return connect(address, additional_headers=headers, ping_interval=None, proxy=None, legacy=True)


def refused(url: str, **how: str) -> int:
    with pytest.raises(InvalidStatus) as error:
        knock(url, **how)
    return error.value.response.status_code


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
def test_programs_read_and_post_by_a_token_until_it_is_revoked(deployment: Any, kind: str, tmp_path: Path) -> None:
    server = deployment.start_server(kind)
    member = HttpClient(server.url).sign_in("member")
    name = f"Echo on {kind}"
    secret, line = make_token(member, name)

    # The line of the page and that of the documentation.
    assert run(line, secret, server.url)["text"] == "Hello from a program"
    assert run(FILES["post.sh"], secret, server.url)["kind"] == "bot"

    # The bot of the documentation, by the header.
    (tmp_path / "bot.py").write_text(FILES["bot.py"])
    env = os.environ | {"TOKEN": secret, "SITE": server.url, "ROOM": "lobby", "NO_PROXY": "127.0.0.1"}
    bot = Process([sys.executable, str(tmp_path / "bot.py")], tmp_path / "bot.log", env)
    eventually(lambda: name in member.get("/rooms/lobby/").page.find(class_="pl-people")[0].text, 8, "the bot is here")
    member.submit("/rooms/lobby/", text="ping")
    eventually(lambda: "pong" in member.get("/rooms/lobby/").text, 15, bot.tail())

    # A ticket, once.
    ticket = run(FILES["ticket.sh"], secret, server.url)["ticket"]
    socket = knock(server.url, query=f"?ticket={ticket}")
    socket.send('{"kind": "hello"}')
    socket.send('{"message": "by a ticket"}')
    eventually(lambda: "by a ticket" in str(socket.recv(timeout=10)), 10, "the line that was said")
    status = 401 if kind == "uvicorn" else 403
    assert refused(server.url, query=f"?ticket={ticket}") == status
    assert refused(server.url, secret=secret[:-1] + "_") == status
    assert refused(server.url) == 403

    # Revoked on the page.
    revoke = member.get("/accounts/tokens/").page.find("a", class_="pl-plain")
    [address] = {link.attrs["href"] for link in revoke if name in link.text}
    member.submit(address)
    revoked = time.monotonic()
    assert until_closed(socket)[1] == 4001
    assert time.monotonic() - revoked < 2
    eventually(lambda: not bot.alive, 10, "the bot ends")
    assert re.search(r"HTTP.*40[13]", bot.tail())

    logs = "".join(path.read_text(errors="replace") for path in deployment.var.glob("*.log"))
    assert "/ws/rooms/lobby/" in logs
    assert [each for each in (secret, secret[8:], ticket, ticket.split(":")[-1]) if each in logs] == []
    server.stop()


def test_a_token_is_made_and_revoked_by_keyboard(person: Any, server: Any) -> None:
    staff = person(server).sign_in("staff").go("/accounts/profile/")
    page = staff.page
    page.get_by_role("link", name="tokens for programs").press("Enter")
    page.get_by_label("Name", exact=True).fill("A-rather-long-name-that-does-not-end-where-it-is-liked")
    page.get_by_role("button", name="Make a token").press("Enter")
    expect(page.get_by_text("Choose what it may do.")).to_be_visible()
    for label in ("Post in its rooms", "Notify the staff", "Team"):
        page.get_by_label(label).press("Space")
    fits(staff, "tokens-wrong")
    is_accessible(staff)
    page.get_by_role("button", name="Make a token").press("Enter")
    expect(page.get_by_label("The token")).to_contain_text("parlour_")
    fits(staff, "tokens-secret")
    is_accessible(staff)
    secret = page.get_by_label("The token").inner_text()
    staff.go("/accounts/tokens/")
    expect(page.get_by_role("list", name="Your tokens")).to_contain_text("Post in its rooms, Notify the staff: Team.")
    assert secret not in page.content()
    page.get_by_role("link", name="Revoke A-rather-long").press("Enter")
    fits(staff, "tokens-revoke")
    is_accessible(staff)
    page.get_by_role("button", name="Revoke token").press("Enter")
    expect(page.locator(".notices")).to_contain_text("is revoked")
    expect(page.get_by_role("list", name="Your tokens")).to_have_count(0)
