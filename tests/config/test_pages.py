"""Pages for errors, and the security headers."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, connection
from django.test import Client

from config import pages
from e2e.support.markup import parse
from http_bridge.wsgi_bridge import BodyRejected
from parlour.testing.document import Document

SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
SECURITY_POLICY += "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def test_every_page_has_the_security_headers_and_a_missing_one_is_a_page_of_the_site(client, db):
    for path in ("/accounts/login/", "/accounts/nothing-here/", "/admin/login/"):
        answer = client.get(path)
        assert {*answer["Content-Security-Policy"].split("; ")} == {*SECURITY_POLICY.split("; ")}
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Frame-Options"] == "DENY"
        assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in answer.cookies.values())
        if "nothing" in path:
            assert answer.status_code == 404
            assert 'class="brand"' in answer.content.decode()


@pytest.mark.parametrize("checked", [False, True], ids=["", "with CSRF"])
@pytest.mark.parametrize("body", ["multipart/form-data", "multipart/form-data; boundary=x", "fields"])
@pytest.mark.parametrize(
    "path", ["/nowhere/", "/rooms/nowhere/messages/", "/accounts/login/", "/rooms/lobby/lines/", "/admin/nowhere/"]
)
def test_a_form_that_cannot_be_parsed_is_the_senders_error_at_any_address(ann, lobby, path, body, checked):
    client = Client(enforce_csrf_checks=checked, raise_request_exception=False)
    client.cookies["csrftoken"] = "x" * 32  # only where there is one is the form looked into
    for _ in range(2):  # a stranger, and somebody whose page has forms of its own
        if body == "fields":
            answer = client.post(path, dict.fromkeys(map(str, range(1200)), "x"))
        else:
            answer = client.post(path, b"--x\r\nrubbish", content_type=body)
        assert answer.status_code < 500
        client.force_login(ann)


def test_an_expired_form_keeps_what_was_written_and_leads_back_to_no_foreign_site(db):
    client, fields = Client(enforce_csrf_checks=True), {"text": ["first <b>", " ", "second"], "display_name": "Gus"}
    answer = client.post("/accounts/guest/", fields, HTTP_REFERER="http://testserver/rooms/lobby/?x=1")
    assert answer.status_code == 403
    assert answer.context["texts"] == ["first <b>", "second"]
    assert answer.context["back"] == "/rooms/lobby/"
    assert "first &lt;b&gt;" in answer.content.decode()
    for referer in ("https://example.org/rooms/", "", "nonsense", "http://[bad/"):
        assert client.post("/accounts/guest/", HTTP_REFERER=referer).context["back"] == "/"


@pytest.mark.parametrize(
    ("why", "words", "level"),
    [
        (BodyRejected(408), "That took too long to arrive", "WARNING"),
        (BodyRejected(411), "That came without its length", "WARNING"),
        (BodyRejected(413, 3 * 1024**2), "At most 3 MB", "WARNING"),
        (BodyRejected(507), "The disk here is nearly full", "ERROR"),
    ],
)
def test_a_rejected_body_is_told_in_words_and_logged_once(rf, db, caplog, why, words, level):
    request = rf.post("/rooms/lobby/", HTTP_REFERER="http://testserver/rooms/team/", HTTP_HOST="testserver")
    request.user, request.META["asgi.scope"] = AnonymousUser(), {"body_rejected": why}
    answer = pages.rejected_bodies(None)(request)
    assert answer.status_code == why.status
    assert words in answer.content.decode()
    assert 'href="/rooms/team/"' in answer.content.decode()
    assert [each.levelname for each in caplog.records] == [level]
    assert caplog.records[0].getMessage() == f"body rejected: {why.status}: /rooms/lobby/"


def away(execute, sql, params, many, context):
    raise OperationalError("the database is away")


@pytest.mark.parametrize(
    ("address", "sent", "shown"),
    [
        ("/rooms/lobby/messages/", {"text": ["<b>", "two\nlines"], "page": "0123456789abcdef", "acked": "0"}, 2),
        ("/accounts/profile/", {"display_name": "Ann & Ben", "time_zone": "Asia/Tokyo"}, 2),
        ("/shop/?x=1", {"item": "Lamp", "idempotency_key": "k"}, 1),
        ("/rooms/new/", {"title": "A quiet room", "about": "", "access": "open", "guests": "read"}, 4),
        ("/accounts/login/", {"username": "ann", "password": "secret", "password1": "secret"}, 1),
    ],
)
def test_while_the_database_is_away_a_form_comes_back_with_what_was_typed_and_can_be_sent_again(
    ann, client, address, sent, shown
):
    client.force_login(ann)
    client.raise_request_exception = False
    with connection.execute_wrapper(away):
        answer = client.post(address, {**sent, "csrfmiddlewaretoken": "token"})
    assert answer.status_code == 500
    [form] = parse(answer.content.decode()).find("form")
    assert (form.attrs["method"], form.attrs["action"]) == ("post", address)
    again = [(node.attrs["name"], node.attrs.get("value", node.text)) for node in form.walk() if "name" in node.attrs]
    wanted = {name: text if isinstance(text, list) else [text] for name, text in sent.items() if "password" not in name}
    fields = [(name, " ".join(text.split())) for name, texts in wanted.items() for text in texts]
    assert again == [*fields, ("csrfmiddlewaretoken", "token")]
    assert len(form.find("textarea")) == shown
    assert "secret" not in answer.content.decode()


def test_the_page_for_errors_asks_no_database_and_when_it_fails_plain_text_is_sent(rf, monkeypatch):
    answer = pages.server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "<h1>" in answer.content.decode()

    def fail(*args):
        raise ValueError

    monkeypatch.setattr(pages, "render_to_string", fail)
    answer = pages.server_error(rf.get("/"))
    assert (answer.status_code, answer["Content-Type"]) == (500, "text/plain")


def focused(page):
    """The names of the fields that ask for the focus."""

    def under(element):
        for child in element.children:
            if not isinstance(child, str):
                yield child
                yield from under(child)

    fields = [dict(each.attributes) for each in under(Document(page).root)]
    return [each["name"] for each in fields if "autofocus" in each and "name" in each]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "fields", "wrong"),
    [
        ("/shop/", {"item": "Tea", "amount": "much", "currency": "EUR"}, "amount"),
        ("/shop/imports/", {"file": ""}, "file"),
        ("/rooms/new/", {"title": "Tea", "access": "open", "guests": ""}, "guests"),
        ("/accounts/password/", {"old_password": "tea", "new_password1": "a", "new_password2": "b"}, "old_password"),
    ],
)
def test_the_focus_is_on_the_first_wrong_field_alone(client, sue, path, fields, wrong):
    client.force_login(sue)
    page = client.post(path, fields).content.decode()
    page = page[page.index("<main") :].partition("</main>")[0].partition(">")[2]
    assert set(focused(page)) == {wrong}
