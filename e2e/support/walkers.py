"""Somebody who walks about at random: one page on a bad line, and all that can be done there."""

import contextlib
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection

from .flaky_proxy import FlakyProxy
from .http_client import HttpClient
from .markup import Node, Page
from .room_socket import RoomSocket, dial

COMPARED = ["head", "pins", "log", "people", "count"]  # parts of a room's page that a fresh load has too
HTMX = {"HX-Request": "true"}


class Walker:
    """A person with one page of a room, whose line may be cut: the room's socket and the bell's end, and come back."""

    def __init__(self, name: str, line: FlakyProxy, slug: str) -> None:
        self.name, self.line, self.slug = name, line, slug
        self.client = HttpClient(line.url).sign_in(name)
        self.room = RoomSocket(self.client, slug).hello()
        self.is_cut = False
        self.bell = self._ring()

    def _ring(self) -> ClientConnection:
        """Open the socket of the page's bell, and say hello with what the page has seen of it."""
        socket = dial(self.client.url, "/ws/alerts/", self.client.cookies)
        bell = self.room.page.by_id("bell-resume")
        fields = {node.attrs["name"]: node.attrs.get("value", "") for node in bell.find("input")} if bell else {}
        RoomSocket.send(_On(socket), **fields)
        return socket

    def cut(self) -> None:
        """Lose the line."""
        self.line.cut()
        self.is_cut = True

    def come_back(self) -> None:
        """Have the line mended, and the page connect again with what it holds."""
        self.line.mend()
        self.is_cut = False
        self.room.come_back()
        self.bell.close()
        self.bell = self._ring()

    def look(self) -> None:
        """Take in what has arrived. A socket that the server ended comes back."""
        if self.is_cut:
            return
        try:
            self.room.read(0)
            with contextlib.suppress(TimeoutError):
                while True:
                    self.room.page.apply(str(self.bell.recv(timeout=0)))
        except ConnectionClosed:
            with contextlib.suppress(OSError, InvalidHandshake, ConnectionClosed):
                self.come_back()

    def say(self, text: str, answers: int = 0) -> None:
        """Say something, in answer to a message; what is lost on the way goes again when the page comes back."""
        if answers:
            n = int(self.room.fields("sent")["acked"]) + len(self.room.unconfirmed) + 1
            self.room.answers.append(f"{n}:{answers}")
        with contextlib.suppress(ConnectionClosed):
            self.room.say(text)

    def attend(self) -> None:
        """Look at the page for a moment, and away."""
        with contextlib.suppress(ConnectionClosed):
            self.room.send(kind="seen")
            self.room.send(kind="away")

    def act(self, **pair: Any) -> str:
        """Do something with a message; the words that the page is answered with."""
        said = self._post({name: str(of) for name, of in pair.items()}).by_id("said")
        return said.text if said else ""

    def edit(self, pk: int, text: str) -> str:
        """Open the form for a message of one's own, and save another text; the words that came of it."""
        [version] = self._post({"edit": str(pk)}).find("input", name="save")
        return self.act(save=version.attrs["value"], value=text)

    def _post(self, fields: dict[str, str]) -> Page:
        answer = self.client.post(f"/rooms/{self.slug}/actions/", fields, **HTMX)
        assert answer.status == 200, f"{self.name} did {fields}: {answer.status}"
        page = answer.page
        page.ids["said"] = next(each for each in page.children if each.attrs["hx-swap-oob"].endswith("-said"))
        return page

    def differs_from_a_fresh_page(self) -> str:
        """What of this page a page that is loaded now shows otherwise; "" for nothing."""
        fresh = self.client.get(f"/rooms/{self.slug}/").page
        unread = [name for name in fresh.ids if name.startswith(f"{self.room.key}-unread-")]
        for name in [*(f"{self.room.key}-{part}" for part in COMPARED), *unread, "bell-count"]:
            now, wanted = ([_shape(part) for part in _lasting(of.by_id(name))] for of in (self.room.page, fresh))
            if now[-len(wanted) :] != wanted and (now or wanted):
                return f"{self.name}: {name}\n{now}\n{wanted}"
        return ""


class _On:
    """A socket, for the verbs of a RoomSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket


def _lasting(part: Node | None) -> list[Node | str]:
    """What a part of a page holds, without what only those saw who were there."""
    held = part.parts if part else []
    return [each for each in held if (each.strip() if isinstance(each, str) else "data-fleeting" not in each.attrs)]


def _shape(part: Node | str) -> Any:
    """An element as something to compare."""
    if isinstance(part, str):
        return " ".join(part.split())
    return part.tag, sorted(part.attrs.items()), [_shape(each) for each in _lasting(part)]
