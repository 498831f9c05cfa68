"""A program on the wire: a socket that speaks the page's protocol, and the page it keeps up to date."""

import json
import ssl
import time
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from .http_client import HttpClient


def dial(url: str, path: str, cookies: str = "", origin: Any = "", host: str = "", **options: Any) -> ClientConnection:
    """Open a socket. `origin` "" is the right one, None sends none; raises InvalidStatus if refused."""
    headers = {name: value for name, value in (("Cookie", cookies), ("Host", host)) if value}
    if url.startswith("https:"):
        # The client reads in a thread of its own while it sends. With TLS 1.3 both threads would take part in the
        # handshake's last messages, for which OpenSSL has no lock: the line ended, or Python crashed.
        options["ssl"] = ssl.create_default_context()
        options["ssl"].maximum_version = ssl.TLSVersion.TLSv1_2
    return connect(
        url.replace("http", "ws", 1) + path,
        origin=Origin(url) if origin == "" else origin,
        additional_headers=headers,
        max_size=None,
        max_queue=None,  # pings are answered however little a story reads
        open_timeout=10,
        close_timeout=2,
        ping_interval=None,
        proxy=None,
        legacy=True,
        **options,
    )


def until_closed(socket: ClientConnection, within: float = 10.0) -> tuple[list[str], int]:
    """Read until the server closes: the frames, and its code (1006 for none). TimeoutError if it does not."""
    deadline, heard = time.monotonic() + within, []
    while True:
        try:
            heard.append(str(socket.recv(timeout=max(deadline - time.monotonic(), 0))))
        except ConnectionClosed as end:
            return heard, end.rcvd.code if end.rcvd else 1006


class RoomSocket:
    """A room's page with a live socket, kept up to date by the frames that arrive."""

    def __init__(self, client: HttpClient, slug: str, path: str = "", **options: Any) -> None:
        self.client, self.slug = client, slug
        answer = client.get(f"/rooms/{slug}/")
        assert answer.status == 200, f"/rooms/{slug}/ answered {answer.status}"
        self.page = answer.page
        self.key = self.page.find("section", class_="pl-talk")[0].attrs["id"]
        self.unconfirmed: list[str] = []
        self.answers: list[str] = []  # which of its texts answer which message, as "3:41"
        self.frames: list[str] = []
        self.socket = self.dial(**options)

    def dial(self, **options: Any) -> ClientConnection:
        """A (further) socket of this page."""
        return dial(self.client.url, f"/ws/rooms/{self.slug}/", self.client.cookies, **options)

    def fields(self, name: str) -> dict[str, Any]:
        """The named inputs below the element #K-<name> as htmx sends them: repeated names become lists."""
        values: dict[str, Any] = {}
        home = self.page.by_id(f"{self.key}-{name}")
        for node in home.find("input") if home else []:
            values.setdefault(node.attrs.get("name", ""), []).append(node.attrs.get("value", ""))
        return {name: each if len(each) > 1 else each[0] for name, each in values.items() if name}

    def send(self, **fields: Any) -> None:
        self.socket.send(json.dumps(fields))

    def hello(self, **more: Any) -> "RoomSocket":
        """Say hello with the page's cursors and wait for the answer."""
        self.send(**{**self.fields("resume"), **self.fields("sent"), **more})
        self.read(until=lambda room: room.fields("sent").get("met") == "1")
        return self

    def come_back(self) -> "RoomSocket":
        """Connect again, as a page whose socket ended does, and say hello with what it holds."""
        self.socket.close()
        self.socket = self.dial()
        unsent = {"text": self.unconfirmed[::-1]} if self.unconfirmed else {}
        self.send(**{**self.fields("resume"), **self.fields("sent"), **unsent, "answers": self.answers})
        return self

    def say(self, *texts: str) -> None:
        """Say one text or several, the oldest first, with all that is not confirmed yet, as a page does."""
        self.unconfirmed += texts
        text = self.unconfirmed[0] if len(self.unconfirmed) == 1 else self.unconfirmed[::-1]
        self.send(**{**self.fields("sent"), "kind": "say", "text": text, "answers": self.answers})

    def read(self, within: float = 10.0, until: Any = None, draw: bool = True) -> list[str]:
        """Take frames in until `until(self)` is true (else AssertionError) or, without it, for `within` s."""
        deadline = time.monotonic() + within
        while not (until and until(self)):
            left = deadline - time.monotonic()
            try:
                frame = self.socket.recv(timeout=max(left, 0))
            except (TimeoutError, ConnectionClosed) as end:
                if until:
                    raise AssertionError(f"not within {within} s ({end!r}); {self.frames[-3:]}") from None
                break
            self.frames.append(str(frame))
            if draw:
                self._draw(str(frame))
        return self.frames

    def _draw(self, frame: str) -> None:
        self.page.apply(frame)
        del self.unconfirmed[: frame.count(f"delete:#{self.key}-box > :last-child")]

    @property
    def messages(self) -> list[tuple[str, str]]:
        """(element id, text) of every message in the list, top to bottom."""
        log = self.page.by_id(f"{self.key}-log")
        lines = log.find("li", class_="pl-message") if log else []
        return [(line.attrs["id"], line.find(class_="pl-text")[0].text) for line in lines]

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.messages]

    def waits_for(self, text: str, within: float = 10.0) -> "RoomSocket":
        """Read until a message with this text is in the list."""
        self.read(within, until=lambda room: text in room.texts)
        return self

    def hears(self, text: str, within: float = 20.0) -> "RoomSocket":
        """Read until a frame holds `text`, without drawing the page: a load would draw for minutes."""
        seen = len(self.frames)
        self.read(within, lambda room: any(text in frame for frame in room.frames[seen:]), draw=False)
        return self

    def closed(self, within: float = 10.0) -> int:
        """Read until the server closes; the close code it gave (1006 for none)."""
        heard, code = until_closed(self.socket, within)
        self.frames += heard
        return code
