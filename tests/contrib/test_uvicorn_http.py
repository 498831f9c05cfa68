"""What a connection may send to uvicorn: requests are read one at a time, begin in time, and are well formed."""

import asyncio
import gc
import logging
import weakref

import pytest
from uvicorn.config import Config
from uvicorn.protocols.http import httptools_impl
from uvicorn.server import ServerState

from parlour.contrib import incoming, patching
from parlour.contrib.incoming import idle_connections
from parlour.contrib.uvicorn.http_patches import MOST_HEAD, PATCHES
from tests.waiting import eventually

HOST = b"Host: x\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: "
HANDSHAKE = b"GET /socket HTTP/1.1\r\n" + HOST + UPGRADE + b"websocket\r\nSec-WebSocket-Version: 13\r\n"
HANDSHAKE += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"


def get(path, *headers):
    return f"GET {path} HTTP/1.1\r\n".encode() + b"".join((HOST, *headers)) + b"\r\n"


def post(path, body, *headers, claims=None):
    length = b"Content-Length: %d\r\n" % (len(body) if claims is None else claims)
    return f"POST {path} HTTP/1.1\r\n".encode() + b"".join((HOST, length, *headers)) + b"\r\n" + body


class Transport(asyncio.Transport):
    """One that notes what is written, and whether it would read."""

    def __init__(self, protocol):
        super().__init__({"peername": ("192.0.2.1", 1), "sockname": ("192.0.2.2", 80)})
        self.protocol, self.sent, self.reads, self.closing = protocol, b"", True, False
        protocol.connection_made(self)

    def get_protocol(self):
        return self.protocol

    def set_protocol(self, protocol):
        self.protocol = protocol

    def write(self, data):
        self.sent += data

    def is_closing(self):
        return self.closing

    def close(self):
        if not self.closing:
            self.closing, protocol = True, self.protocol
            asyncio.get_running_loop().call_soon(protocol.connection_lost, None)

    def pause_reading(self):
        assert not self.closing
        self.reads = False

    def resume_reading(self):
        assert not self.closing
        self.reads = True


class Application:
    """It notes each request with its body; it answers those below /wait once `go` is set, and some unread."""

    def __init__(self):
        self.seen, self.headers, self.sockets, self.go = [], [], 0, asyncio.Event()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            self.sockets += 1
            await receive()
            return
        self.headers = scope["headers"]
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
        if scope["path"] == "/early":
            await send(start)
        body, more = b"", scope["path"] != "/unread"
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                self.seen.append("left")
                return
            body, more = body + event["body"], event["more_body"]
        self.seen.append((scope["path"], body))
        if scope["path"].startswith("/wait"):
            await self.go.wait()
        await send(start)
        await send({"type": "http.response.body"})

    def paths(self):
        return [path for path, _ in self.seen]


@pytest.fixture
async def application():
    return Application()


@pytest.fixture
def connect(application, monkeypatch):
    """connect() opens a connection to uvicorn with our patches: (its end for what is received, its transport)."""

    class Protocol(httptools_impl.HttpToolsProtocol):
        pass

    class Cycle(httptools_impl.RequestResponseCycle):
        pass

    ours = {httptools_impl.HttpToolsProtocol: Protocol, httptools_impl.RequestResponseCycle: Cycle}
    for patch in PATCHES:
        owners, missing = patching._resolve(patch.targets)
        assert not missing
        patch(*(ours.get(owner, owner) for owner in owners))
    monkeypatch.setattr(httptools_impl, "RequestResponseCycle", Cycle)
    config = Config(application, ws="websockets-sansio", lifespan="off", log_config=None, access_log=False)
    config.load()
    open_ones = []

    def connect():
        protocol = Protocol(config, ServerState(), {})
        open_ones.append(transport := Transport(protocol))
        return protocol, transport

    yield connect
    for transport in open_ones:
        if not transport.closing:
            transport.protocol.connection_lost(ConnectionResetError())


@pytest.fixture
def warnings(caplog):
    """What uvicorn and the loop log; nothing a stranger sends may leave a traceback."""
    caplog.set_level(logging.WARNING)
    yield lambda: caplog.get_records("call")
    assert not [each for each in caplog.get_records("call") if each.exc_info or each.levelno > logging.WARNING]


async def test_no_request_is_parsed_while_one_waits_for_its_answer_and_all_are_answered_in_order(application, connect):
    protocol, transport = connect()
    later = [f"/{number}" for number in range(500)]
    protocol.data_received(get("/wait") + b"".join(map(get, later)))
    await eventually(lambda: application.seen)
    assert not transport.reads
    assert protocol.cycle.scope["path"] == "/wait"
    assert not protocol.pipeline
    application.go.set()
    await eventually(lambda: len(application.seen) == 501)
    assert application.paths() == ["/wait", *later]
    await eventually(lambda: transport.sent.count(b"200 OK") == 501)
    assert transport.reads


async def test_what_waits_does_not_grow_when_applications_ask_for_bodies(application, connect):
    """Asking for a body resumes reading; behind one that had paused it, and behind none."""
    protocol, transport = connect()
    rest = get("/wait/2") * 1000
    protocol.data_received(post("/wait/1", b"x" * 100_000) + rest)
    await eventually(lambda: application.seen)
    assert application.seen == [("/wait/1", b"x" * 100_000)]
    assert not transport.reads
    assert protocol.unread == rest
    application.go.set()
    await eventually(lambda: len(application.seen) == 1001)
    assert transport.reads


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
async def test_requests_mean_the_same_however_they_are_cut(application, connect, warnings, size):
    protocol, transport = connect()
    stream = get("/a") + post("/b", b"GET /in-body HTTP/1.1\r\n\r\n") + get("/c") + post("/d", b"") + get("/e")
    for at in range(0, len(stream), size):
        protocol.data_received(stream[at : at + size])
    await eventually(lambda: transport.sent.count(b"200 OK") == 5)
    assert application.paths() == ["/a", "/b", "/c", "/d", "/e"]
    assert application.seen[1][1] == b"GET /in-body HTTP/1.1\r\n\r\n"
    assert not warnings()


async def test_a_body_behind_an_upgrade_that_is_no_socket_is_a_body_and_no_request(application, connect):
    stream = post("/a", get("/smuggled"), UPGRADE + b"h2c\r\n") + get("/b")
    for cut in (1, stream.index(b"smuggled"), len(stream)):
        protocol, transport = connect()
        application.seen.clear()
        protocol.data_received(stream[:cut])
        if protocol.cycle:
            await eventually(lambda cycle=protocol.cycle: not cycle.body)  # the application has what came of it
        protocol.data_received(stream[cut:])
        await eventually(lambda transport=transport: transport.sent.count(b"200 OK") == 2)
        assert application.seen == [("/a", get("/smuggled")), ("/b", b"")]


@pytest.mark.parametrize("path", ["/a", "/unread"])
@pytest.mark.parametrize("more", [b"", UPGRADE + b"h2c\r\n"])
async def test_nothing_is_read_of_a_chunked_body_and_its_connection_ends(application, connect, warnings, path, more):
    protocol, transport = connect()
    head = f"POST {path} HTTP/1.1\r\n".encode() + HOST + b"Transfer-Encoding: chunked\r\n" + more + b"\r\n"
    protocol.data_received(head + b"1\r\na\r\n" * 100)
    protocol.data_received(b"0\r\n\r\n" + get("/smuggled"))
    await eventually(transport.is_closing)
    assert transport.sent.startswith(b"HTTP/1.1 200 OK" if path == "/unread" else b"HTTP/1.1 411 Length Required")
    assert b"connection: close" in transport.sent
    assert application.seen == ([("/unread", b"")] if path == "/unread" else ["left"])
    assert transport.sent.count(b"HTTP/1.1") == 1
    assert protocol.cycle.body == b""
    assert len(warnings()) == bool(more)


async def test_who_asks_for_a_chunked_body_when_its_answer_has_begun_waits_for_the_end(application, connect, warnings):
    protocol, transport = connect()
    protocol.data_received(chunked(b"Transfer-Encoding: chunked\r\n").replace(b"/", b"/early", 1))
    await eventually(lambda: b"200 OK" in transport.sent)
    transport.close()
    await eventually(lambda: application.seen == ["left"])
    assert not warnings()


@pytest.mark.parametrize("head", [b"GET /aaa", b"GET / HTTP/1.1\r\nX: a", b"GET / HTTP/1.1\r\n"])
async def test_a_head_without_end_is_refused_and_does_not_cost_more_than_its_bytes(connect, warnings, head):
    protocol, transport = connect()
    protocol.data_received(head)
    more = b"a:b\r\n" * 200 if head.endswith(b"\r\n") else b"a" * 1000
    while not transport.closing:
        assert len(protocol.unread) < MOST_HEAD
        protocol.data_received(more)
        assert not protocol.headers
    assert len(protocol.unread) < MOST_HEAD + 1001
    assert transport.sent.startswith(b"HTTP/1.1 400 ")
    assert not warnings()


async def test_a_head_that_is_too_long_is_refused_also_when_it_comes_at_once(application, connect):
    for size, status in ((MOST_HEAD - 100, b"200"), (MOST_HEAD, b"400")):
        _, transport = connect()
        transport.protocol.data_received(get("/", b"X: " + b"x" * size + b"\r\n"))
        await eventually(lambda transport=transport: transport.sent)
        assert transport.sent[9:12] == status


def chunked(*headers):
    return b"POST / HTTP/1.1\r\n" + b"".join((HOST, *headers)) + b"\r\n2\r\nhi\r\n0\r\n\r\n"


MALFORMED = {
    "two lengths": post("/", b"hi", b"Content-Length: 3\r\n"),
    "the same length twice": post("/", b"hi", b"Content-Length: 2\r\n"),
    "a list of lengths": get("/", b"Content-Length: 2, 2\r\n"),
    "a signed length": get("/", b"Content-Length: +2\r\n"),
    "a length with an underscore": get("/", b"Content-Length: 1_0\r\n"),
    "a length of 5,000 digits": get("/", b"Content-Length: " + b"0" * 5000 + b"2\r\n"),
    "a length beyond counting": get("/", b"Content-Length: " + b"9" * 30 + b"\r\n"),
    "a blank behind the name of a length": get("/", b"Content-Length : 2\r\n"),
    "a length, then chunks": chunked(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"),
    "chunks, then a length": chunked(b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n"),
    "an encoding beside chunks": chunked(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
    "an unknown encoding": chunked(b"Transfer-Encoding: xchunked\r\n"),
    "a folded header": get("/", b"X: a\r\n b\r\n"),
    "a folded encoding": chunked(b"Transfer-Encoding:\r\n chunked\r\n"),
    "bare line feeds": b"GET / HTTP/1.1\nHost: x\n\n",
    "a bare line feed in a head": get("/", b"X: y\nZ: a\r\n"),
    "a bare line feed at its end": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 50\r\n\n" + get("/"),
    "a bare carriage return": get("/", b"X: y\rZ: a\r\n"),
    "a NUL in a value": get("/", b"X: a\0b\r\n"),
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": get("/", b"Host: y\r\n"),
    "an address beyond ASCII": "GET /ä HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "a handshake beyond ASCII": HANDSHAKE.replace(b"/socket", "/ä".encode()),
    "a handshake without a host": HANDSHAKE.replace(HOST, b""),
    "a host without a path": get("http://x"),
    "a tunnel": b"CONNECT x:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "an unknown version": b"GET / HTTP/1.2\r\n" + HOST + b"\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    "an empty line": b"\r\n",
    "empty lines": b"\r\n" * 100_000,
}


@pytest.mark.parametrize("behind", [b"", get("/smuggled")])
@pytest.mark.parametrize("kind", MALFORMED)
async def test_a_malformed_request_is_refused_and_no_application_is_asked(application, connect, warnings, kind, behind):
    protocol, transport = connect()
    protocol.data_received(MALFORMED[kind] + behind)
    assert transport.sent.startswith(b"HTTP/1.1 400 ")
    assert transport.closing
    await eventually(lambda: protocol.parser is None)  # it is lost
    assert application.seen == []
    assert len(warnings()) <= 1


async def test_blanks_behind_a_value_are_none_of_it(application, connect):
    protocol, transport = connect()
    protocol.data_received(get("/", b"Content-Length: 2 \t \r\n", b"X: a b \r\n") + b"hi")
    await eventually(lambda: transport.sent)
    assert application.seen == [("/", b"hi")]
    assert dict(application.headers)[b"x"] == b"a b"
    protocol.data_received(HANDSHAKE.replace(b"websocket\r\n", b"websocket \r\n"))
    await eventually(lambda: application.sockets)


@pytest.mark.parametrize("size", [1, 10_000])
async def test_a_handshake_leaves_nothing_of_its_connection_behind(application, connect, warnings, size):
    protocol, transport = connect()
    stream = get("/a") + HANDSHAKE
    gc.disable()
    try:
        for at in range(0, len(stream), size):
            transport.protocol.data_received(stream[at : at + size])
        await eventually(lambda: application.sockets)
        assert protocol not in idle_connections.deadlines
        before = weakref.ref(protocol)
        del protocol
        assert before() is None
    finally:
        gc.enable()
    assert b"101 Switching Protocols" in transport.sent
    assert not warnings()


UNFIT = {
    b"Content-Length: 5\r\n": b"",
    b"Transfer-Encoding: chunked\r\n": b"",
    b"a:b\r\n" * 200: b"HTTP/1.1 431 ",
    b"X: " + b"x" * 9000 + b"\r\n": b"HTTP/1.1 431 ",
}


@pytest.mark.parametrize("header", UNFIT)
async def test_a_handshake_that_can_be_none_ends_its_connection(application, connect, warnings, header):
    protocol, transport = connect()
    protocol.data_received(HANDSHAKE.replace(HOST, HOST + header))
    assert transport.closing
    assert transport.sent[:13] == UNFIT[header]
    assert not warnings()


async def test_handshakes_of_another_parser_of_sockets_are_its_own(connect, warnings):
    class Other(asyncio.Protocol):
        def __init__(self, **_): ...

    protocol, transport = connect()
    protocol.ws_protocol_class = Other
    protocol.data_received(HANDSHAKE)
    assert isinstance(transport.protocol, Other)
    assert not warnings()


async def test_frames_right_behind_a_handshake_are_not_taken_for_a_request(application, connect, warnings):
    protocol, transport = connect()
    protocol.data_received(HANDSHAKE + b"\x81\x82\0\0\0\0hi" + get("/smuggled"))
    await eventually(lambda: application.sockets)
    assert transport.sent.startswith(b"HTTP/1.1 101 ")
    assert transport.sent.count(b"HTTP/1.1") == 1
    assert not application.seen
    assert not warnings()


async def test_a_connection_is_idle_until_a_head_is_whole_and_from_its_answer_on(application, connect):
    def is_idle():
        return protocol in idle_connections.deadlines

    protocol, transport = connect()
    request = post("/wait", b"")
    assert is_idle()
    protocol.data_received(request[:-1])
    assert is_idle()
    protocol.data_received(request[-1:])
    assert not is_idle()
    application.go.set()
    await eventually(lambda: transport.sent)
    assert is_idle()
    protocol.data_received(b"POST")
    assert protocol.timeout_keep_alive_task is None  # the time for a head is ours alone
    protocol.data_received(post("/unread", b"hi", claims=3)[4:])
    assert not is_idle()
    await eventually(is_idle)  # the rest of the body is waited for no longer than for another head
    transport.close()
    await eventually(lambda: not is_idle(), 2)


@pytest.mark.parametrize("sent", [b"", get("/")[:-1], get("/"), get("/") + b"GET", post("/unread", b"hi", claims=3)])
async def test_a_connection_that_sends_no_request_in_time_is_closed(connect, monkeypatch, sent):
    monkeypatch.setattr(incoming, "HEAD_SECONDS", 0.05)
    protocol, transport = connect()
    if sent:
        protocol.data_received(sent)
    await eventually(lambda: transport.closing, 2)


async def test_one_whose_request_waits_for_its_answer_is_not_closed(application, connect, monkeypatch):
    monkeypatch.setattr(incoming, "HEAD_SECONDS", 0.02)
    waits, idle = connect(), connect()
    waits[0].data_received(get("/wait"))
    await eventually(lambda: idle[1].closing, 2)
    assert not waits[1].closing


async def test_a_client_that_waits_for_the_word_to_go_on_gets_it(application, connect):
    protocol, transport = connect()
    protocol.data_received(post("/", b"", b"Expect: 100-continue\r\n", claims=2))
    await eventually(lambda: transport.sent == b"HTTP/1.1 100 Continue\r\n\r\n")
    protocol.data_received(b"hi")
    await eventually(lambda: b"200 OK" in transport.sent)
    assert application.seen == [("/", b"hi")]
