"""A live list on the wire: the page of orders, kept up to date by the frames that arrive."""

import json
import time

from websockets.exceptions import ConnectionClosed

from . import markup
from .http_client import HttpClient
from .room_socket import dial, until_closed


class Orders:
    """The staff's page of orders (or, with `key` "mine", a buyer's own) with a socket."""

    def __init__(self, client: HttpClient, key: str = "orders", html: str = "") -> None:
        """`html` is a page that was loaded before; many tabs need not load it again."""
        answer = html or client.get("/shop/orders/" if key == "orders" else "/shop/").text
        self.key, self.page = key, markup.parse(answer)
        self.frames: list[str] = []
        self.socket = dial(client.url, f"/ws/shop/{key}/", client.cookies)

    def hello(self) -> "Orders":
        """Say hello with the page's cursor and wait for the answer."""
        fields = {node.attrs["name"]: node.attrs.get("value", "") for node in self._home("resume").find("input")}
        self.socket.send(json.dumps(fields))
        self.reads(lambda orders: orders._home("sent").find("input")[0].attrs["value"] == "1")
        return self

    @property
    def lines(self) -> list[str]:
        """The text of each order in the list, top to bottom."""
        body = self._home("list").find("tbody")
        return [row.text for row in body[0].children] if body else []

    @property
    def text(self) -> str:
        return self._home("list").text

    def reads(self, until: object, within: float = 8.0) -> "Orders":
        """Take frames in until `until(self)` is true; AssertionError if it does not come true."""
        deadline = time.monotonic() + within
        while not until(self):  # type: ignore[operator]
            try:
                frame = str(self.socket.recv(timeout=max(deadline - time.monotonic(), 0)))
            except (TimeoutError, ConnectionClosed) as end:
                raise AssertionError(f"not within {within} s ({end!r}); {self.frames[-2:]}") from None
            self.frames.append(frame)
            self.page.apply(frame)
        return self

    def shows(self, words: str, within: float = 8.0) -> "Orders":
        return self.reads(lambda orders: words in orders.text, within)

    def closed(self, within: float = 10.0) -> int:
        """Read until the server closes; its close code."""
        heard, code = until_closed(self.socket, within)
        self.frames += heard
        return code

    def _home(self, part: str) -> markup.Node:
        home = self.page.by_id(f"{self.key}-{part}")
        assert home is not None, f"no {self.key}-{part} on the page"
        return home
