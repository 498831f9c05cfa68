"""What a site around a widget does: it signs tokens, and shows the page that a visitor gets."""

import re
import secrets
from time import time

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from parlour.testing import Page
from parlour.testing.document import Document
from tests.parlour.recording_page import RecordingPage
from widgets.consumers import WidgetConsumer
from widgets.models import VouchingKey


def key(widget, kid="k1", algorithm="HS256", material="a secret of 32 bytes that both know"):
    return VouchingKey.objects.create(widget=widget, kid=kid, algorithm=algorithm, material=material)


def public_pem(private):
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def claims(widget, subject="42", name="Vera", **more):
    now = int(time())
    return {
        "aud": widget.public_id,
        "sub": subject,
        "name": name,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_hex(8),
    } | more


def token(widget, signer, without=(), secret=None, algorithm=None, **of):
    said = {name: value for name, value in claims(widget, **of).items() if name not in without}
    return jwt.encode(said, secret or signer.material, algorithm or signer.algorithm, headers={"kid": signer.kid})


def address(widget, part="", **query):
    return f"/embed/{widget.public_id}/{part}" + "".join(f"?{name}={value}" for name, value in query.items())


def ticket_on(answer):
    """The ticket in the page of this answer."""
    found = re.search(r'name="ticket" value="([^"]*)"', answer.content.decode())
    return found[1] if found else ""


class VisitorPage(RecordingPage):
    """The page of a visitor with this ticket."""

    def __init__(self, widget, ticket="", person=None, consumer=WidgetConsumer):
        Page.__init__(self, consumer, None, public_id=widget.public_id)
        self.events = []
        self.ticket, self.reads_as = ticket, person

    def _paint(self):
        self.person = self.reads_as
        document = super()._paint()
        self.person = None
        document.root.children += Document(f'<input id="{self.region.key}-ticket">').root.children
        return document

    async def resume(self, **fields):
        await super().resume(**fields, **({"ticket": self.ticket} if self.ticket else {}))
