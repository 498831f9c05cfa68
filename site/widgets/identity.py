"""Vouching: a site signs a token (JWT) that says who somebody is, and a page of its widget takes it once.

Only the algorithm of the key itself counts, never the one that a token names: a public key is then no secret that
somebody could sign with, and a token without a signature has no key.
"""

import logging
from datetime import timedelta
from hashlib import sha256
from time import time
from typing import Any, NamedTuple

import jwt
from django.utils.translation import gettext as _

from accounts import names
from parlour import Denied, Lease, clean, is_visible
from widgets.models import Widget

log = logging.getLogger("parlour")

LONGEST = 4096  # characters of a token
LONGEST_CLAIM = 100  # characters of sub and jti
AHEAD = 5 * 60  # seconds: the latest end of a token
LEEWAY = 10  # seconds that the site's clock may be off
OPTIONS: Any = {"require": ["aud", "exp", "jti", "sub"], "strict_aud": True}
KEPT = timedelta(seconds=3 * AHEAD)  # in which a token is known to be taken; longer than it lasts, by any clock


class Claims(NamedTuple):
    """Who somebody is: the site's own stable name for them, and how they are shown."""

    subject: str
    name: str


def read(widget: Widget, token: str) -> Claims:
    """What the token of a widget's site says. Each is taken once. Raises Denied, in the reader's words."""

    def unclear(why: object) -> Denied:
        log.warning("The site of widget %s could not vouch for somebody: %.200r", widget.public_id, why)
        return Denied(4001, _("The site around this page could not say who you are. Tell the people who run it."))

    if len(token) > LONGEST:
        raise unclear(f"longer than {LONGEST} characters")
    keys = {key.kid: key for key in widget.keys.all()}
    try:
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(token, key.material, [key.algorithm], OPTIONS, audience=widget.public_id, leeway=LEEWAY)
        ends_in = float(claims["exp"]) - time()
    except jwt.ExpiredSignatureError:
        raise token_used() from None
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as why:
        raise unclear(why) from None
    subject, number, name = claims["sub"], claims["jti"], claims.get("name")
    name = clean(name)[: names.LONGEST] if isinstance(name, str) else ""
    if ends_in > AHEAD + LEEWAY or not (_fits(subject) and _fits(number) and is_visible(name)):
        raise unclear("exp is too far ahead, or sub, jti or name is missing, too long or no text")
    once = sha256(f"{widget.pk}/{number}".encode()).hexdigest()
    if not Lease.objects.is_first("widgets.jti", once, KEPT):
        raise token_used()
    return Claims(subject, name)


def _fits(claim: str) -> bool:
    return 0 < len(claim) <= LONGEST_CLAIM and claim.isprintable()


def token_used() -> Denied:
    """For a token that was taken already, as when a frame alone is loaded again, or one that has ended."""
    return Denied(4001, _("This page has to be opened anew. Load the whole page around it again."))
