"""Who may frame a widget: what staff may write, and what browsers are told."""

import re

from django.conf import settings
from django.urls import get_resolver

from widgets import embed_urls
from widgets.models import Widget
from widgets.sites import origins, wrong_with

ALLOWED = [
    "https://shop.example",
    "https://shop.example:8443",
    "https://a.b-c.example",
    "https://*.shop.example",
    "https://intranet",
    "https://*.shop.example:8443",
    "http://localhost",
    "http://localhost:3000",
    "https://xn--bcher-kva.example",
]
REFUSED = [
    "https://shop.example;script-src *",
    "https://shop.example; frame-ancestors *",
    "https://shop.example https://evil.example",
    "https://shop.example,https://evil.example",
    "https://shop.example\thttps://evil.example",
    "https://shop.example\x00",
    "https://shop.example\u00a0x",
    "https://shop.example'",
    'https://shop.example"',
    "'self'",
    "'none'",
    "*",
    "https:",
    "https://",
    "https://*",
    "https://*.example",
    "https://*shop.example",
    "https://shop.*.example",
    "https://*.*.shop.example",
    "https://*.shop.example/*",
    "https://shop.example/",
    "https://shop.example/page",
    "https://shop.example?x",
    "https://shop.example#x",
    "https://shop.example\\x",
    "https://me@shop.example",
    "https://me:secret@shop.example",
    "https://shop.example:",
    "https://shop.example:0",
    "https://shop.example:65536",
    "https://shop.example:*",
    "https://shop.example:٣",
    "https://-shop.example",
    "https://shop-.example",
    "https://shop..example",
    "https://.shop.example",
    "https://shop.example.",
    "https://192.0.2.1",
    "https://[2001:db8::1]",
    "https://bücher.example",
    "https://shop_1.example",
    f"https://{'a' * 64}.example",
    "https://" + "a." * 43 + "example",
    "https://" + "a" * 1_000_000,
    "http://shop.example",
    "http://localhost.shop.example",
    "http://*.localhost",
    "//shop.example",
    "shop.example",
    "data:",
    "blob:",
    "null",
    "javascript:alert(1)",
    "ftp://shop.example",
    "wss://shop.example",
]


def test_allowed_sites_are_origins_and_nothing_else():
    assert [line for line in ALLOWED if wrong_with(line)] == []
    assert [line for line in REFUSED if not wrong_with(line)] == []


def test_what_is_no_origin_stays_out_of_the_policy_wherever_it_came_from(client, desk):
    """It was not written by the form: a fixture, a hand in the database."""
    for line in REFUSED:
        assert origins(f"{line}\nHTTPS://Shop.example ") == ["https://shop.example"], line
    Widget.objects.update(sites="\n".join(line for line in REFUSED if "\x00" not in line))
    assert ancestors(client.get(f"/embed/{desk.public_id}/")) == ["'self'"]


def ancestors(answer):
    directives = dict(each.strip().partition(" ")[::2] for each in answer["Content-Security-Policy"].split(";"))
    return directives["frame-ancestors"].split() if "frame-ancestors" in directives else None


def embed_addresses(widget):
    """Every address below /embed/, the last of which takes what is left."""
    for pattern in embed_urls.urlpatterns[:-1]:
        address = str(pattern.pattern).replace("<slug:public_id>", widget.public_id)
        yield "/embed/" + re.sub("<.*?>", "1", address)


def test_every_answer_of_a_widget_names_its_sites_and_knows_no_cookie(client, desk, sue, settings):
    client.force_login(sue)
    mine = client.cookies[settings.SESSION_COOKIE_NAME].value
    for address in embed_addresses(desk):
        for answer in (client.get(address), client.post(address)):
            assert ancestors(answer) == ["'self'", "https://shop.example"], address
            assert "default-src 'none'" in answer["Content-Security-Policy"]
            assert not answer.cookies
            assert not answer.wsgi_request.user.is_authenticated, address
            assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert answer["Cross-Origin-Embedder-Policy"] == "require-corp"
            assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
            assert "X-Frame-Options" not in answer
            assert "Vary" not in answer
    assert client.cookies[settings.SESSION_COOKIE_NAME].value == mine
    assert client.get("/accounts/profile/").status_code == 200


def test_for_apps_there_is_no_list_of_sites(client, desk):
    Widget.objects.update(apps=True)
    answer = client.get(f"/embed/{desk.public_id}/")
    assert ancestors(answer) is None
    assert "X-Frame-Options" not in answer


def test_what_is_not_there_is_refused_in_one_way(client, desk, lobby):
    room = Widget.objects.create(title="Talk", room=lobby)
    assert client.get(f"/embed/{room.public_id}/").status_code == 200
    lobby.access = "members"  # its owner decides on strangers
    lobby.save()
    answers = [
        client.get(address)
        for address in (
            "/embed/",
            "/embed/x/",
            f"/embed/{'A' * 22}/",
            "/embed/%00/",
            f"/embed/{desk.public_id}/no/such/",
            f"/embed/{room.public_id}/",
        )
    ]
    Widget.objects.update(is_on=False)
    answers += [send(f"/embed/{desk.public_id}/") for send in (client.get, client.post)]
    for answer in answers:
        assert (answer.status_code, answer.content) == (404, b"")
        assert dict(answer.headers) == dict(answers[0].headers)
        assert not answer.cookies
    assert ancestors(answers[0]) == ["'none'"]


def test_cookies_are_kept_from_every_address_that_is_embedded():
    """The middleware knows them by how they begin, and stands outside of all that reads or sets a cookie."""
    assert get_resolver().resolve("/embed/x/").app_name == "embed"
    order = settings.MIDDLEWARE
    assert order.index("widgets.framing.without_cookies") < order.index(
        "django.contrib.sessions.middleware.SessionMiddleware"
    )
