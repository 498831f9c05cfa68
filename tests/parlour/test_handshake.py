"""A socket is for our own pages: its Origin is the scheme and Host it came to."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.html import escape

from parlour import consumer
from parlour.consumer import handshake_request, refusal
from parlour.credentials import Session
from tests.parlour.recording_page import Silent

HOME = "good.example"
PORT = "good.example:8000"


def accepts(origin=None, host=HOME, scheme="ws", **headers):
    sent = [(b"host", host.encode())] if host is not None else []
    sent += [(b"origin", origin.encode("latin-1"))] if origin is not None else []
    sent += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = handshake_request({"type": "websocket", "scheme": scheme, "headers": sent})
    return not refusal(request, Session(None))


@pytest.fixture(autouse=True)
def home(settings, monkeypatch):
    settings.ALLOWED_HOSTS = [HOME, "127.0.0.1", "[::1]"]
    monkeypatch.setattr(consumer, "refusals", consumer.Refusals(consumer.refusals.message))


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


HTTPS = {"x-forwarded-proto": "https"}
PROXIES = [
    # settings, Host, Origin, further headers, accepted
    ({}, "good.example:443", "https://good.example", HTTPS, False),
    ({"CSRF_TRUSTED_ORIGINS": ["https://good.example"]}, "good.example:443", "https://good.example", HTTPS, True),
    ({}, "good.example:443", "https://good.example:443", HTTPS, True),
    ({"CSRF_TRUSTED_ORIGINS": ["https://chat.example"]}, "127.0.0.1:8000", "https://chat.example", {}, True),
    ({"CSRF_TRUSTED_ORIGINS": ["https://*.example"]}, "127.0.0.1:8000", "https://chat.example", HTTPS, True),
    ({"CSRF_TRUSTED_ORIGINS": ["https://*.example"]}, "127.0.0.1:8000", "http://chat.example", HTTPS, False),
    ({"CSRF_TRUSTED_ORIGINS": ["https://chat.example"]}, "evil.example", "https://chat.example", HTTPS, False),
    ({}, "127.0.0.1:8000", "https://chat.example", HTTPS, False),
    ({}, HOME, "https://good.example", {"x-forwarded-proto": "https, http"}, True),
    ({}, HOME, "https://good.example", {"x-forwarded-proto": "http, https"}, False),
    ({}, "inner", "https://good.example", HTTPS | {"x-forwarded-host": HOME}, False),
    ({"USE_X_FORWARDED_HOST": True}, "inner", "https://good.example", HTTPS | {"x-forwarded-host": HOME}, True),
    ({"USE_X_FORWARDED_HOST": True}, HOME, "https://evil.example", HTTPS | {"x-forwarded-host": HOME}, False),
    ({"USE_X_FORWARDED_HOST": True}, "inner", "https://good.example:8443", HTTPS | {"x-forwarded-host": PORT}, False),
    ({"USE_X_FORWARDED_HOST": True}, "inner", "https://good.example:8000", HTTPS | {"x-forwarded-host": PORT}, True),
    (
        {"USE_X_FORWARDED_HOST": True},
        "inner",
        "https://good.example",
        HTTPS | {"x-forwarded-host": f"{HOME}, x"},
        False,
    ),
]


@pytest.mark.parametrize(("chosen", "host", "origin", "headers", "accepted"), PROXIES)
def test_behind_any_proxy_a_socket_is_accepted_where_django_accepts_a_form(
    settings, chosen, host, origin, headers, accepted
):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for name, value in chosen.items():
        setattr(settings, name, value)
    client = Client(enforce_csrf_checks=True, headers={"host": host, "origin": origin, **headers})
    client.cookies["csrftoken"] = token = "x" * 32
    form = client.post("/rooms/lobby/lines/", {"csrfmiddlewaretoken": token, "text": "typed"})
    assert (form.status_code == 200) == accepted
    assert accepts(origin, host, **headers) == accepted


@pytest.mark.django_db(transaction=True)
async def test_where_every_socket_is_refused_the_operator_hears_why(ann, lobby, settings, log_lines, async_client):
    settings.ALLOWED_HOSTS = ["testserver"]
    await async_client.aforce_login(await get_user_model().objects.acreate_superuser("sue"))

    async def told():
        ready, admin = await async_client.get("/readyz"), await async_client.get("/admin/")
        assert ready.status_code == 200
        return ready.content.decode(), admin.content.decode()

    why = "it comes from a page of 'https://testserver', not of 'http://testserver'"
    async with Silent(ann) as page:
        for many in range(1, 6):
            await page.cut()
            page.closed = None
            await page.open(origin="https://testserver")
            await page.until(lambda: page.closed is not None)
            ready, admin = await told()
            shown = f"The last {many} sockets were all refused: {why}." if many >= 3 else ""
            assert f"sockets: {shown or 'ok'}" in ready.splitlines()
            assert (escape(why) in admin) == (many >= 3)
        assert len([line for line in log_lines if why in line]) == 1, "once a minute"
        await page.open()
        await page.until(lambda: page.events[-1] == "websocket.accept")
        ready, admin = await told()
        assert "sockets: ok" in ready.splitlines()
        assert "refused" not in admin


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
        consumer.refusals.bucket.level = 1
        settings.ALLOWED_HOSTS = ["good.example"]
        page.closed = None
        await page.open(origin="http://testserver")
        await page.until(lambda: page.closed is not None)
        assert "Host 'testserver' is not in ALLOWED_HOSTS" in log_lines[-1]
