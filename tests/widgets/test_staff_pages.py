"""The pages on which staff make widgets."""

import html
import json
import os
import re
import shutil
import subprocess
import sys

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.template.loader import render_to_string

from parlour.models import Head
from tests.examples import ROOT
from tests.widgets.hosts import public_pem
from widgets import visitors
from widgets.identity import Claims
from widgets.models import VouchingKey, Widget, end_sessions, store

FIELDS = {"title": "Help", "kind": "desk", "access": "anyone", "sites": "https://shop.example", "may_write": "on"}
FIELDS |= {"accent": "teal", "theme": "auto", "language": "en", "height": "560"}


def shown(answer, label):
    """What somebody copies from the box with this name."""
    box = re.search(rf'<pre class="snippet" tabindex="0" aria-label="{label}"><code>(.*?)</code>', answer.text, re.S)
    return html.unescape(box[1])


@pytest.fixture
def staff(client, sue):
    client.force_login(sue)
    return client


def test_only_staff_see_and_do_anything(client, desk, ann):
    desk.keys.create(kid="k1", material="x")
    visitor = visitors.vouched(desk, Claims("42", "Vera"))
    pages = ["", "new/", *(f"{desk.pk}/{page}" for page in ("", "settings/", "delete/")), f"visitors/{visitor.pk}/"]
    orders = [{"do": do, "kid": "k1", "algorithm": "HS256"} for do in ("off", "end", "revoke", "key", "ban")]
    for expected in (302, 403):
        for send, paths in ((client.get, pages), (client.post, pages[1:])):
            assert {path: send(f"/widgets/{path}").status_code for path in paths} == dict.fromkeys(paths, expected)
        assert {client.post(f"/widgets/{page}", order).status_code for page in pages[2:] for order in orders} == {
            expected
        }
        client.force_login(ann)
    desk.refresh_from_db()
    visitor.user.refresh_from_db()
    assert (desk.is_on, desk.generation, desk.keys.count(), visitor.user.is_active) == (True, 1, 1, True)
    assert Widget.objects.count() == 1
    assert "Widgets</a>" not in client.get("/").text


def test_a_widget_is_made_and_gets_its_line(staff):
    answer = staff.post("/widgets/new/", FIELDS, follow=True)
    widget = Widget.objects.get()
    line = (
        f'<iframe title="Help" src="http://testserver/embed/{widget.public_id}/" width="360" height="560"'
        ' loading="lazy" referrerpolicy="no-referrer"></iframe>'
    )
    assert shown(answer, "The frame") == line
    assert shown(answer, "The frame, closed at first") == f"<details><summary>Help</summary>{line}</details>"
    assert "frame-src 'self'" in answer["Content-Security-Policy"]
    assert f'src="/embed/{widget.public_id}/"' in answer.text
    assert "frame-src" not in staff.get("/widgets/")["Content-Security-Policy"]


def test_a_title_cannot_leave_its_attribute(staff):
    title = '"><b onfocus="x">&amp;'
    answer = staff.post("/widgets/new/", FIELDS | {"title": title}, follow=True)
    assert "<b " not in shown(answer, "The frame")
    assert html.unescape(re.search('title="(.*?)"', shown(answer, "The frame"))[1]) == title


def test_a_wrong_site_is_named_with_its_line_and_nothing_typed_is_lost(staff):
    text = "https://shop.example\r\n\r\nhttps://shop.example;script-src *\r\nhttps://me@shop.example"
    answer = staff.post("/widgets/new/", FIELDS | {"sites": text})
    assert answer.status_code == 422
    first, second = answer.context["form"].errors["sites"]
    assert first.startswith("Line 3, “https://shop.example;script-src *”: ")
    assert second == "Line 4, “https://me@shop.example”: Leave out the part before the @."
    assert "https://shop.example;script-src *\n" in html.unescape(answer.text).replace("\r", "")
    assert not Widget.objects.exists()
    many = "\n".join(f"https://shop{number}.example" for number in range(21))
    assert staff.post("/widgets/new/", FIELDS | {"sites": many}).status_code == 422
    staff.post("/widgets/new/", FIELDS | {"sites": " HTTPS://Shop.example \n\nhttps://shop.example"})
    assert Widget.objects.get().sites == "https://shop.example"


def test_a_room_is_chosen_for_a_room_alone_and_a_bell_belongs_to_somebody(staff, lobby):
    wrong = [
        {"kind": "room"},
        {"kind": "bell"},
        {"kind": "room", "room": "9" * 30},
        {"height": "9"},
        {"title": "\u200b"},
    ]
    assert {staff.post("/widgets/new/", FIELDS | each).status_code for each in wrong} == {422}
    lobby.guests = "none"
    lobby.save()
    assert staff.post("/widgets/new/", FIELDS | {"kind": "room", "room": lobby.pk}).status_code == 422
    assert staff.post("/widgets/new/", FIELDS | {"room": "99"}).status_code == 422
    lobby.guests = "read"
    lobby.save()
    staff.post("/widgets/new/", FIELDS | {"kind": "room", "room": lobby.pk})
    widget = Widget.objects.get()
    assert (widget.room, widget.may_write) == (lobby, True)
    staff.post(f"/widgets/{widget.pk}/settings/", {**FIELDS, "room": lobby.pk, "may_write": ""})  # fields of a room
    widget.refresh_from_db()
    assert (widget.kind, widget.room, widget.may_write) == ("desk", None, True)


@pytest.mark.django_db(transaction=True)
def test_every_change_is_told_to_open_pages(staff, desk):
    def told():
        return Head.objects.filter(name=f"widget.{desk.pk}").values_list("seq", flat=True).first() or 0

    staff.post(f"/widgets/{desk.pk}/", {"do": "off"})
    staff.post(f"/widgets/{desk.pk}/settings/", FIELDS | {"access": "vouched"})
    staff.post(f"/widgets/{desk.pk}/", {"do": "end"})
    desk.refresh_from_db()
    assert (told(), desk.is_on, desk.access, desk.generation) == (3, False, "vouched", 2)
    staff.post(f"/widgets/{desk.pk}/delete/")
    assert (told(), Widget.objects.count()) == (4, 0)


def test_an_edit_that_began_before_the_sessions_ended_does_not_bring_them_back(desk):
    end_sessions(Widget.objects.get())
    desk.title = "Help and advice"
    store(desk)
    desk.refresh_from_db()
    assert (desk.title, desk.generation) == ("Help and advice", 2)


def test_a_secret_is_shown_once(staff, desk):
    answer = staff.post(f"/widgets/{desk.pk}/", {"do": "key", "algorithm": "HS256"})
    key = desk.keys.get()
    assert shown(answer, "The secret") == key.material
    assert len(key.material) >= 43
    assert "no-store" in answer["Cache-Control"]
    assert key.material not in staff.get(f"/widgets/{desk.pk}/").text


def test_two_keys_are_live_at_most_and_a_revoked_one_is_gone(staff, desk):
    for _ in range(3):
        answer = staff.post(f"/widgets/{desk.pk}/", {"do": "key", "algorithm": "HS256"})
    assert (answer.status_code, desk.keys.count()) == (422, 2)
    other = Widget.objects.create(title="Other")
    first, second = desk.keys.order_by("pk")
    staff.post(f"/widgets/{other.pk}/", {"do": "revoke", "kid": first.kid})
    assert desk.keys.count() == 2
    staff.post(f"/widgets/{desk.pk}/", {"do": "revoke", "kid": first.kid})
    assert list(desk.keys.all()) == [second]


def test_a_public_key_is_taken_and_nothing_else_that_looks_like_one(staff, desk):
    private = Ed25519PrivateKey.generate()
    wrong = [
        "",
        "key",
        "-----BEGIN PUBLIC KEY-----\nMAswBQYDKgMEAwIAAQ==\n-----END PUBLIC KEY-----",  # of a kind that nobody knows
        public_pem(X25519PrivateKey.generate()),
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    ]
    for text in wrong:
        answer = staff.post(f"/widgets/{desk.pk}/", {"do": "key", "algorithm": "EdDSA", "public_key": text})
        assert answer.context["form"].errors["public_key"], text
    assert not VouchingKey.objects.exists()
    staff.post(f"/widgets/{desk.pk}/", {"do": "key", "algorithm": "EdDSA", "public_key": f"\n{public_pem(private)}\n"})
    key = desk.keys.get()
    token = jwt.encode({"sub": "1"}, private, "EdDSA")
    assert jwt.decode(token, key.material, [key.algorithm]) == {"sub": "1"}


PROGRAMS = {
    "Python": (sys.executable, "-c", "{}\nclass user: id, name = 7, 'Zoë'\nprint(identity(user))"),
    "PHP": (shutil.which("php"), "-r", "{}\n$user = (object) ['id' => 7, 'name' => 'Zoë'];\necho identity($user);"),
    "Node": (shutil.which("node"), "-e", "{}\nconsole.log(identity({{id: 7, name: 'Zoë'}}))"),
}


@pytest.mark.parametrize("language", [name for name, (program, *_) in PROGRAMS.items() if program])
def test_the_code_that_is_shown_makes_a_token(staff, desk, language):
    program, option, around = PROGRAMS[language]
    answer = staff.post(f"/widgets/{desk.pk}/", {"do": "key", "algorithm": "HS256"})
    code = shown(answer, language)
    env = {**os.environ, "WIDGET_SECRET": shown(answer, "The secret")}
    run = subprocess.run([program, option, around.format(code)], env=env, capture_output=True, text=True, check=True)
    key = desk.keys.get()
    assert jwt.get_unverified_header(run.stdout.strip()) == {"alg": "HS256", "typ": "JWT", "kid": key.kid}
    claims = jwt.decode(run.stdout.strip(), key.material, ["HS256"], audience=desk.public_id)
    assert (claims["sub"], claims["name"], len(claims["jti"]) >= 32) == ("7", "Zoë", True), json.dumps(claims)


def test_the_documentation_shows_what_the_pages_do():
    told = (ROOT / "docs" / "widgets.md").read_text()
    for language in ("python", "php", "node"):
        code = render_to_string(f"widgets/vouch/{language}.txt", {"public_id": "PUBLIC-ID", "kid": "KEY-ID"})
        assert f"\n{code}```\n" in told, language
    context = {"widget": Widget(title="Ask us"), "address": "https://rooms.example.org/embed/PUBLIC-ID/"}
    for part in ("frame", "details", "vouched"):
        assert f"\n{render_to_string(f'widgets/snippets.html#{part}', context).strip()}\n" in told, part
