"""A site vouches for people with signed tokens: each is taken once, by its key's own algorithm, for its own widget."""

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from parlour import Denied
from tests.widgets.hosts import claims, key, public_pem, token
from widgets import identity, visitors
from widgets.models import VouchingKey, Widget

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(desk):
    return Widget.objects.create(kind=Widget.Kind.DESK, title="Other")


def refused(widget, sent):
    with pytest.raises(Denied) as why:
        identity.read(widget, sent)
    return str(why.value.words)


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_a_token_says_who_somebody_is_and_is_taken_once(desk):
    sent = token(desk, key(desk), name="  Vera\u202e V. ")
    assert identity.read(desk, sent) == ("42", "Vera V.")
    assert refused(desk, sent) == identity.token_used().words


def test_either_of_two_keys_vouches_each_with_its_own_algorithm(desk):
    private = Ed25519PrivateKey.generate()
    shared, signed = key(desk), key(desk, "k2", "EdDSA", public_pem(private))
    assert identity.read(desk, token(desk, shared)).subject == "42"
    assert identity.read(desk, token(desk, signed, secret=private)).subject == "42"


def test_what_is_not_signed_by_a_key_of_the_widget_is_refused(desk, other):
    public = public_pem(Ed25519PrivateKey.generate())
    key(desk, "k2", "EdDSA", public)
    shared, foreign = key(desk), key(other, "k3", material="x" * 40)
    good = token(desk, shared)
    head, body, signature = good.split(".")
    more = encoded(claims(desk, name="Admin"))
    confused = encoded({"alg": "HS256", "typ": "JWT", "kid": "k2"}) + "." + body
    by_public_key = jwt.api_jws.PyJWS().get_algorithm_by_name("HS256").sign(confused.encode(), public.encode())
    attacks = {
        "none": encoded({"alg": "none", "kid": "k1"}) + f".{body}.",
        "none, in other letters": encoded({"alg": "nOnE", "kid": "k1"}) + f".{body}.{signature}",
        "no signature": f"{head}.{body}.",
        "tampered": f"{head}.{more}.{signature}",
        "public key as a secret": f"{confused}.{base64.urlsafe_b64encode(by_public_key).rstrip(b'=').decode()}",
        "another algorithm": token(desk, key(desk, "k4", material="x" * 64), algorithm="HS512"),
        "another secret": token(desk, shared, secret="y" * 40),
        "another widget's key": token(desk, foreign),
        "no kid": jwt.encode(claims(desk), shared.material),
        "a list as kid": encoded({"alg": "HS256", "kid": ["k1"]}) + f".{body}.{signature}",
        "no token": "x",
        "nothing in it": "..",
        "too long": token(desk, shared, more="x" * 5000),
    }
    for attack, sent in attacks.items():
        assert "could not say who you are" in refused(desk, sent), attack
    assert identity.read(desk, good).subject == "42"


def test_what_a_token_must_say(desk, other):
    shared = key(desk)
    wrong = {
        "for another widget": {"aud": other.public_id},
        "for several": {"aud": [desk.public_id, other.public_id]},
        "too far ahead": {"exp": claims(desk)["iat"] + 3600},
        "endless": {"exp": float("inf")},
        "not yet": {"nbf": claims(desk)["iat"] + 60},
        "made tomorrow": {"iat": claims(desk)["iat"] + 86400},
        "subject is a number": {"sub": 42},
        "long subject": {"sub": "4" * 101},
        "unseen subject": {"sub": "4\x002"},
        "no name": {"name": "\u200b"},
        "name is a list": {"name": ["Vera"]},
        "empty number": {"jti": ""},
        "number is no text": {"jti": 5},
    }
    for what, said in wrong.items():
        assert "could not say who you are" in refused(desk, token(desk, shared, **said)), what
    for missing in ("aud", "exp", "sub", "jti", "name"):
        assert "could not say who you are" in refused(desk, token(desk, shared, without=[missing])), missing
    assert refused(desk, token(desk, shared, exp=claims(desk)["iat"] - 60)) == identity.token_used().words


def test_the_log_says_why_a_token_is_not_taken_and_holds_none_of_it(desk, other, caplog):
    shared = key(desk)
    unknown = VouchingKey(kid="k" * 2000, algorithm="HS256", material="x" * 32)
    sent = [token(desk, shared, aud=other.public_id), token(desk, shared, exp=9e9), "x" * 5000, token(desk, unknown)]
    for each in sent:
        refused(desk, each)
    logged = [record.getMessage() for record in caplog.records]
    assert all(desk.public_id in message for message in logged)
    for message, why in zip(
        logged, ["Audience doesn't match", "exp is too far ahead", "longer than 4096", "KeyError"], strict=True
    ):
        assert why in message
        assert len(message) < 300
    assert not any(each in caplog.text for each in sent)


def test_who_is_called_like_somebody_here_is_shown_with_the_name_of_the_widget(desk, ann):
    for name in ("Ann", "Añn", "Admin"):
        assert visitors.vouched(desk, identity.Claims(name, name)).user.name == f"{name} (Help)"


def test_the_same_subject_is_the_same_visitor_with_the_name_of_today(desk, other):
    vera = visitors.vouched(desk, identity.Claims("42", "Vera"))
    again = visitors.vouched(desk, identity.Claims("42", "Vera Vale"))
    assert (again.pk, again.user.name, again.room) == (vera.pk, "Vera Vale", vera.room)
    elsewhere = visitors.vouched(other, identity.Claims("42", "Vera"))
    assert elsewhere.user != vera.user
    assert visitors.find(desk.public_id, "42") == vera.user
    assert visitors.find(desk.public_id, "43") is None
