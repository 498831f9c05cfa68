"""A socket is for our own pages: its Origin is the scheme and Host it came to."""

import pytest

from parlour.consumer import handshake_request, refusal
from tests.parlour.recording_page import Silent

HOME = "good.example"


def accepts(origin=None, host=HOME, scheme="ws", **headers):
    sent = [(b"host", host.encode())] if host is not None else []
    sent += [(b"origin", origin.encode("latin-1"))] if origin is not None else []
    sent += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return not refusal(handshake_request({"type": "websocket", "scheme": scheme, "headers": sent}))


@pytest.fixture(autouse=True)
def home(settings):
    settings.ALLOWED_HOSTS = [HOME, "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://good.example", HOME, "ws"),
        ("https://good.example", HOME, "wss"),
        ("http://good.example:8000", "good.example:8000", "ws"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "ws"),
        ("http://[::1]:8000", "[::1]:8000", "ws"),
    ],
)
def test_our_own_pages_are_accepted(origin, host, scheme):
    assert accepts(origin, host, scheme)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://evil.example",
        "http://good.example.evil.example",
        "http://evil.example/good.example",
        "http://evil-good.example",
        "http://good.example@evil.example",
        "http://evil.example@good.example",
        "http://good.example:8000",
        "http://good.example:junk",
        "http://good.example:99999999",
        "https://good.example",
        "ws://good.example",
        "file://good.example",
        "//good.example",
        "good.example",
        "http://",
        "http://[good.example",
        "http://good.example/path",
        "http://good.example\\@evil.example",
        "http://good.example evil.example",
        "http://good.example, http://evil.example",
        "http://góod.example",
        "http://sub.good.example",
        "chrome-extension://good.example",
    ],
)
def test_every_other_origin_is_refused(origin):
    assert not accepts(origin)


def test_a_page_from_another_port_of_this_host_is_foreign():
    assert not accepts("http://good.example:8000", "good.example:8001")


def test_a_secure_page_does_not_fit_a_plain_socket_nor_the_other_way_round():
    assert not accepts("https://good.example", scheme="ws")
    assert not accepts("http://good.example", scheme="wss")


@pytest.mark.parametrize("host", ["evil.example", "good.example.evil.example", "", None, "good.example:x", "a b"])
def test_a_host_that_is_not_ours_is_refused_even_with_a_matching_origin(host):
    assert not accepts(f"http://{host}", host)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "shop.localhost"])
def test_with_debug_and_no_hosts_named_this_machine_is_ours_as_for_django(settings, host):
    settings.ALLOWED_HOSTS = []
    assert not accepts(f"http://{host}", host)
    settings.DEBUG = True
    assert accepts(f"http://{host}", host)
    assert not accepts("http://evil.example", host)
    assert not accepts("http://evil.example", "evil.example")
    settings.ALLOWED_HOSTS = [HOME]
    assert not accepts(f"http://{host}", host)


def test_behind_a_proxy_the_header_it_sets_says_the_scheme(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert accepts("https://good.example", x_forwarded_proto="https")
    assert not accepts("https://good.example", x_forwarded_proto="http")
    assert not accepts("https://good.example")


def test_without_a_proxy_its_header_says_nothing():
    assert not accepts("https://good.example", x_forwarded_proto="https")


@pytest.mark.django_db(transaction=True)
async def test_a_foreign_page_is_never_accepted_though_it_brings_a_cookie(ann, lobby, settings, log_lines):
    settings.ALLOWED_HOSTS = ["testserver"]
    async with Silent(ann) as page:
        await page.cut()
        page.events.clear()
        await page.open(origin="http://testserver.evil.example")
        await page.until(lambda: page.closed is not None)
        assert page.events == ["websocket.close"]
        assert "it comes from a page of 'http://testserver.evil.example', not of 'http://testserver'" in log_lines[-1]
        settings.ALLOWED_HOSTS = ["good.example"]
        page.closed = None
        await page.open(origin="http://testserver")
        await page.until(lambda: page.closed is not None)
        assert log_lines[-1].endswith("Host 'testserver' is not in ALLOWED_HOSTS")
