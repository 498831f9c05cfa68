"""A socket is for our own pages: its Origin is the scheme and Host it came to."""

import pytest

from parlour.consumer import handshake_request, refusal
from tests.parlour.recording_page import Silent

HOME = "good.example"
PORT = "good.example:8000"


def accepts(origin=None, host=HOME, scheme="ws", **headers):
    sent = [(b"host", host.encode())] if host is not None else []
    sent += [(b"origin", origin.encode("latin-1"))] if origin is not None else []
    sent += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return not refusal(handshake_request({"type": "websocket", "scheme": scheme, "headers": sent}))


@pytest.fixture(autouse=True)
def home(settings):
    settings.ALLOWED_HOSTS = [HOME, "127.0.0.1", "[::1]"]


@pytest.mark.parametrize("host", [HOME, PORT, "127.0.0.1:8000", "[::1]:8000"])
def test_our_own_pages_are_accepted_under_the_scheme_of_the_socket(host):
    assert accepts(f"http://{host}", host)
    assert accepts(f"https://{host}", host, "wss")
    assert not accepts(f"https://{host}", host)
    assert not accepts(f"http://{host}", host, "wss")


FOREIGN = [None, "", "null", "http://evil.example", "http://good.example.evil.example", "http://evil-good.example"]
FOREIGN += ["http://evil.example/good.example", "http://good.example@evil.example", "http://evil.example@good.example"]
FOREIGN += ["http://good.example:8000", "http://good.example:junk", "ws://good.example", "file://good.example"]
FOREIGN += ["//good.example", "good.example", "http://", "http://[good.example", "http://good.example/path"]
FOREIGN += ["http://good.example\\@evil.example", "http://good.example, http://evil.example", "http://góod.example"]
FOREIGN += ["http://sub.good.example", "chrome-extension://good.example"]


def test_every_other_origin_is_refused_from_another_port_too():
    assert [origin for origin in FOREIGN if accepts(origin)] == []
    assert not accepts("http://good.example:8000", "good.example:8001")


@pytest.mark.parametrize("host", ["evil.example", "good.example.evil.example", "", None, "good.example:x", "a b"])
def test_a_host_that_is_not_ours_is_refused_even_with_a_matching_origin(host):
    assert not accepts(f"http://{host}", host)


def test_with_debug_and_no_hosts_named_this_machine_is_ours_as_for_django(settings):
    host = "shop.localhost:8000"
    settings.ALLOWED_HOSTS = []
    assert not accepts(f"http://{host}", host)
    settings.DEBUG = True
    assert accepts(f"http://{host}", host)
    assert not accepts("http://evil.example", host)
    assert not accepts("http://evil.example", "evil.example")


def test_behind_a_proxy_and_only_there_the_header_it_sets_says_the_scheme(settings):
    assert not accepts("https://good.example", x_forwarded_proto="https")
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert accepts("https://good.example", x_forwarded_proto="https")
    assert not accepts("https://good.example", x_forwarded_proto="http")
    assert not accepts("https://good.example")


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
