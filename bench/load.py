"""The load client: a thousand WebSockets, or HTTP connections, on one core, with every answer checked.

One epoll loop without a framework. A broadcast reaches all readers as the same bytes, so a chunk is parsed once and
then looked up: about 4 µs a delivery, most of it the kernel's.
"""

import base64
import json
import re
import secrets
import select
import socket
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

CHUNK = 65536  # bytes of one read
CACHED = 500  # chunks whose meaning is remembered
NUMBER = re.compile(rb"bench-(\d{6})")
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Wrong(Exception):
    """An answer that was lost, came twice, came out of order or says no."""


class Late(Wrong):
    """What was waited for did not happen in time."""


def nothing(*_: object) -> None:
    """What is done where nobody asked for anything."""


def frame(opcode: int, payload: bytes) -> bytes:
    """A client's frame, masked with zeros: lawful, and it costs nothing."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
    return bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload


def next_frame(data: bytes, at: int) -> tuple[int, bytes, int] | None:
    """The frame that begins at `at`: its opcode, its payload and where the next one begins; None if some is missing."""
    if len(data) < at + 2:
        return None
    size, start = data[at + 1], at + 2
    if size > 125:
        start += 2 if size == 126 else 8
        size = int.from_bytes(data[at + 2 : start]) if len(data) >= start else len(data)
    if not data[at] & 0x80:
        raise Wrong("a message came in several frames")
    return (data[at] & 15, data[start : start + size], start + size) if len(data) >= start + size else None


class Heard(NamedTuple):
    """What frames say: numbers of messages, the answer to a hello, the last text acknowledged, and what to reply."""

    numbers: tuple[int, ...] = ()
    ready: bool = False
    acked: int = 0
    replies: bytes = b""
    closed: str = ""
    rest: bytes = b""  # of a frame that is not complete


class Wire:
    """What a server speaks above WebSocket frames. This one sends every text to everybody."""

    path = "/"
    ready_at_once = True  # nothing is said before messages flow
    acknowledges = False
    filler = "x" * 540

    def __init__(self) -> None:
        self.cache: dict[bytes, Heard] = {}

    def hello(self, page: str) -> str:
        """The first text of a socket; empty for none."""
        return ""

    def say(self, number: int, page: str, acked: int) -> str:
        """A fragment of about 600 bytes."""
        return f'<li id="m{number}" class="message"><p>bench-{number:06} {self.filler}</p></li>'

    def hear(self, text: bytes) -> Heard:
        return Heard(tuple(map(int, NUMBER.findall(text))))

    def meaning(self, data: bytes) -> Heard:
        """What a chunk says. The same chunk is parsed once, however many sockets read it."""
        heard = self.cache.get(data)
        if heard is None:
            if len(self.cache) >= CACHED:
                self.cache.clear()
            heard = self.cache[data] = self._parse(data)
        return heard

    def _parse(self, data: bytes) -> Heard:
        numbers: tuple[int, ...] = ()
        ready, acked, replies, closed, at = False, 0, b"", "", 0
        while found := next_frame(data, at):
            opcode, payload, at = found
            if opcode == TEXT:
                heard = self.hear(payload)
                numbers, replies = numbers + heard.numbers, replies + heard.replies
                ready, acked = ready or heard.ready, max(acked, heard.acked)
            elif opcode == PING:
                replies += frame(PONG, payload)
            elif opcode == CLOSE:
                closed = f"{int.from_bytes(payload[:2])} {payload[2:]!r}"
        return Heard(numbers, ready, acked, replies, closed, data[at:])


class Parlour(Wire):
    """A page of a room: hello with its cursors, texts with their number, frames of fragments."""

    ready_at_once = False
    acknowledges = True
    filler = "Tea for four at half past three, by the window."
    log = re.compile(rb'beforeend:#[\w-]+-log"[^>]*>(.*?)</ol>', re.S)
    ack = re.compile(rb'name="acked" value="(\d+)"')

    def __init__(self, slug: str, cursors: list[str]) -> None:
        super().__init__()
        self.path = f"/ws/rooms/{slug}/"
        self.cursors = cursors

    def hello(self, page: str) -> str:
        return json.dumps({"kind": "hello", "cursor": self.cursors, "page": page, "acked": "0"})

    def say(self, number: int, page: str, acked: int) -> str:
        text = f"bench-{number:06} {self.filler}"
        return json.dumps({"kind": "say", "text": text, "page": page, "acked": str(acked)})

    def hear(self, text: bytes) -> Heard:
        numbers = tuple(int(number) for part in self.log.findall(text) for number in NUMBER.findall(part))
        acked = max(map(int, self.ack.findall(text)), default=0)
        return Heard(numbers, b'name="met" value="1"' in text, acked)


class SocketIo(Wire):
    """As much of engine.io 4 and socket.io 5 as a client needs that uses WebSockets from the start."""

    path = "/socket.io/?EIO=4&transport=websocket"
    ready_at_once = False
    replies = {b"0": frame(TEXT, b"40"), b"2": frame(TEXT, b"3")}  # open: connect; ping: pong

    def say(self, number: int, page: str, acked: int) -> str:
        return "42" + json.dumps(["say", super().say(number, page, acked)])

    def hear(self, text: bytes) -> Heard:
        return super().hear(text)._replace(ready=text.startswith(b"40"), replies=self.replies.get(text[:1], b""))


class Tutorial(Wire):
    """The chat of Channels' tutorial."""

    path = "/ws/chat/bench/"

    def say(self, number: int, page: str, acked: int) -> str:
        return json.dumps({"message": super().say(number, page, acked)})


class Loop:
    """Waits for all connections at once, and knows how much of its time it waited."""

    def __init__(self) -> None:
        self.epoll = select.epoll()
        self.open: dict[int, Connection] = {}
        self.idle = 0.0  # seconds
        self.received = 0  # bytes

    def run(self, until: Callable[[], bool], within: float, what: str) -> None:
        deadline = perf_counter() + within
        while not until():
            if (left := deadline - perf_counter()) <= 0:
                raise Late(f"{what}: not within {within:.0f} s")
            self._turn(min(left, 0.1))

    def run_for(self, seconds: float) -> None:
        end = perf_counter() + seconds
        while (left := end - perf_counter()) > 0:
            self._turn(left)

    def _turn(self, timeout: float) -> None:
        began = perf_counter()
        events = self.epoll.poll(timeout)
        self.idle += perf_counter() - began
        for number, _ in events:
            if connection := self.open.get(number):
                connection.readable()

    def close(self) -> None:
        for connection in list(self.open.values()):
            connection.close()
        self.epoll.close()


class Connection:
    """One TCP connection to a server on this machine."""

    def __init__(self, loop: Loop, port: int) -> None:
        self.loop = loop
        self.host = f"127.0.0.1:{port}"
        self.rest = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.number = self.socket.fileno()
        loop.open[self.number] = self
        loop.epoll.register(self.number, select.EPOLLIN)

    def send(self, data: bytes) -> None:
        if self.socket.send(data) != len(data):
            raise Wrong("the server does not read what it is sent")

    def close(self) -> None:
        if self.loop.open.pop(self.number, None):
            self.loop.epoll.unregister(self.number)
            self.socket.close()

    def readable(self) -> None:
        try:
            data = self.socket.recv(CHUNK)
        except ConnectionError as fault:
            raise Wrong(f"a connection was cut: {fault}") from None
        if not data:
            raise Wrong(f"the server closed a connection: {self.rest[:200]!r}")
        self.loop.received += len(data)
        self.take(self.rest + data if self.rest else data)

    def take(self, data: bytes) -> None:
        """Bytes came, after those kept in `rest`."""
        raise NotImplementedError


class Room:
    """The one order in which all readers must hear all messages. `complete` is called when the last reader has one."""

    def __init__(self) -> None:
        self.order: list[int] = []
        self.times: list[int] = []  # how many readers have heard each
        self.posted: dict[int, float] = {}  # when, of those that nobody heard yet
        self.sent_at: dict[int, float] = {}
        self.readers = 0
        self.complete: Callable[[int], None] = nothing

    def post(self, number: int) -> None:
        self.posted[number] = perf_counter()

    def first_heard(self, number: int) -> None:
        """The first reader has a message: its place in the order is settled."""
        if number not in self.posted:
            raise Wrong(f"message {number} came twice or was never posted")
        self.sent_at[number] = self.posted.pop(number)
        self.order.append(number)
        self.times.append(0)

    @property
    def settled(self) -> bool:
        """Whether every reader has every message."""
        return not self.posted and (not self.times or self.times[-1] >= self.readers)


class Socket(Connection):
    """A WebSocket of one person in one room, who hears everything from message `at` on and may say things."""

    def __init__(self, loop: Loop, port: int, wire: Wire, room: Room, cookie: str = "", at: int | None = None) -> None:
        super().__init__(loop, port)
        self.wire, self.room = wire, room
        self.at = len(room.order) if at is None else at
        self.page = secrets.token_hex(8)
        self.said = self.acked = 0
        self.upgraded = self.ready = False
        self.on_ready: Callable[[], None] = nothing
        self.on_ack: Callable[[Socket], None] = nothing
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self.send(
            f"GET {wire.path} HTTP/1.1\r\nHost: {self.host}\r\nOrigin: http://{self.host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nCookie: {cookie}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def take(self, data: bytes) -> None:
        if not self.upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self.rest = head
                return
            self._upgrade(head)
        heard = self.wire.meaning(data)
        self.rest = heard.rest
        for number in heard.numbers:
            self._hear(number)
        if heard.acked or heard.ready or heard.replies or heard.closed:
            self._answer(heard)

    def _upgrade(self, head: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 101"):
            raise Wrong(f"a handshake was answered by {head[:80]!r}")
        self.upgraded = True
        if hello := self.wire.hello(self.page):
            self.send(frame(TEXT, hello.encode()))
        if self.wire.ready_at_once:
            self._be_ready()

    def _hear(self, number: int) -> None:
        room, at = self.room, self.at
        if at == len(room.order):
            room.first_heard(number)
        elif room.order[at] != number:
            raise Wrong(f"a reader heard message {number} where another heard {room.order[at]}")
        self.at = at + 1
        room.times[at] += 1
        if room.times[at] == room.readers:
            room.complete(number)

    def _answer(self, heard: Heard) -> None:
        if heard.closed:
            raise Wrong(f"a socket was closed: {heard.closed}")
        if heard.replies:
            self.send(heard.replies)
        if heard.ready and not self.ready:
            self._be_ready()
        if heard.acked > self.acked:
            self.acked = heard.acked
            self.on_ack(self)

    def _be_ready(self) -> None:
        self.ready = True
        self.on_ready()

    def say(self, number: int) -> None:
        self.room.post(number)
        self.send(frame(TEXT, self.wire.say(number, self.page, self.said).encode()))
        self.said += 1


class Answer(NamedTuple):
    """What an HTTP request got."""

    status: int
    head: str
    body: bytes


class Http(Connection):
    """A keep-alive HTTP/1.1 connection. An answer with another status than the one expected is wrong."""

    def ask(
        self, status: int, path: str, cookie: str, then: Callable[[Answer], None] = nothing, form: str | None = None
    ) -> None:
        """GET, or POST a form; `then` is called with the answer."""
        self.status, self.then = status, then
        head = f"{path} HTTP/1.1\r\nHost: {self.host}\r\nOrigin: http://{self.host}\r\nCookie: {cookie}\r\n"
        if form is None:
            self.send(f"GET {head}\r\n".encode())
        else:
            kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
            self.send(f"POST {head}{kind}\r\n{form}".encode())

    def get(self, path: str, cookie: str) -> Answer:
        """Load a page and wait for it."""
        answers: list[Answer] = []
        self.ask(200, path, cookie, answers.append)
        self.loop.run(lambda: bool(answers), 20, f"GET {path}")
        return answers[0]

    def take(self, data: bytes) -> None:
        head, end, body = data.partition(b"\r\n\r\n")
        size = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        complete = bool(end) and (len(body) == int(size[1]) if size else body.endswith(b"0\r\n\r\n"))
        self.rest = b"" if complete else data
        if complete:
            answer = Answer(int(head[9:12]), head.decode("latin-1"), body)
            if answer.status != self.status:
                raise Wrong(f"{self.status} was expected: {answer.head[:200]} {body[:200]!r}")
            self.then(answer)
