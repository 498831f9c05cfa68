"""A text that many sockets get is encoded once; whatever is not plainly open is left to the server's own send."""

import asyncio
import socket
from types import SimpleNamespace

import pytest
from websockets.frames import Frame, Opcode

from parlour import contrib
from parlour.contrib.daphne import text_writer as daphne
from parlour.contrib.uvicorn.text_writer import text_writer


class Transport:
    def __init__(self):
        self.written, self.waiting, self.closing = [], 0, False

    def write(self, data):
        self.written.append(data)

    def get_write_buffer_size(self):
        return self.waiting

    def is_closing(self):
        return self.closing


@pytest.fixture
def protocol():
    class Protocol:
        __module__ = "uvicorn.protocols.websockets.websockets_sansio_impl"

        def __init__(self):
            self.conn = SimpleNamespace(extensions=[])
            self.transport = Transport()

    return Protocol()


def test_a_frame_is_what_the_websocket_library_would_write(protocol):
    for text in ("", "x" * 125, "x" * 126, "x" * 65535, "x" * 65536, "Grüße 👋" * 40):
        assert text_writer(protocol)(text)
        assert protocol.transport.written.pop() == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [("waiting", 1), ("closing", True)],
)
def test_a_socket_that_closes_or_is_not_read_is_left_to_the_server(protocol, name, value):
    write = text_writer(protocol)
    setattr(protocol.transport, name, value)
    assert not write("a")
    assert protocol.transport.written == []


@pytest.fixture
async def plain(protocol):
    """A socket of asyncio's own, which is written directly, and the other end of it."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    protocol.transport = transport
    reader, writer = await asyncio.open_connection(sock=theirs)
    yield protocol, reader, writer
    writer.close()
    transport.abort()
    await asyncio.sleep(0)  # in which the transport closes its socket


async def test_what_a_full_socket_does_not_take_follows_before_anything_else(plain):
    protocol, reader, _ = plain
    write, texts = text_writer(protocol), ["a", "b" * 500_000, "c"]
    assert write(texts[0])
    assert write(texts[1])
    assert not write(texts[2])
    protocol.transport.write(b"c")
    frames = [Frame(Opcode.TEXT, text.encode()).serialize(mask=False) for text in texts[:2]]
    expected = b"".join(frames) + b"c"
    assert await reader.readexactly(len(expected)) == expected


async def test_a_socket_that_is_closed_or_whose_page_has_gone_is_left_to_the_server(plain):
    protocol, _, writer = plain
    write = text_writer(protocol)
    writer.transport.abort()
    await asyncio.sleep(0)
    assert write("into the void")  # that it is gone is known only now
    assert protocol.transport.is_closing()
    assert not write("a")


def test_it_is_off_for_another_server_and_for_a_release_that_lacks_a_name(protocol):
    async def send(event): ...

    assert contrib.text_writer(send) is None
    assert text_writer(SimpleNamespace()) is None
    protocol.conn.extensions = ["permessage-deflate"]
    assert text_writer(protocol) is None
    protocol.conn.extensions = []
    del protocol.conn
    assert text_writer(protocol) is None


def test_on_daphne_a_text_is_written_where_no_bytes_wait_and_the_socket_is_open():
    class Protocol:
        __module__ = "daphne.ws_protocol"
        STATE_OPEN = state = 3

        def __init__(self):
            self.sent = []
            self.transport = SimpleNamespace(dataBuffer=b"", _tempDataLen=0)

        def serverSend(self, text):  # noqa: N802  daphne's name
            self.sent.append(text)

    protocol = Protocol()
    write = daphne.text_writer(protocol)
    assert write("a")
    for name, value in ("dataBuffer", b"x"), ("_tempDataLen", 1):
        before = getattr(protocol.transport, name)
        setattr(protocol.transport, name, value)
        assert not write("b")
        setattr(protocol.transport, name, before)
    protocol.state = 2
    assert not write("c")
    assert protocol.sent == ["a"]
    assert daphne.text_writer(SimpleNamespace()) is None
    del protocol.transport._tempDataLen  # as in a release of Twisted that calls it otherwise
    assert daphne.text_writer(protocol) is None
