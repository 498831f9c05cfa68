"""A site that vouches for its people at a widget, and what they see in the frame."""

import re
import secrets
import time

import jwt
from playwright.sync_api import FrameLocator, Locator, expect

from .host_site import HostSite, StaffWidget, visit
from .people import Person

ANYWHERE = {"ignore_https_errors": True}  # nobody vouches for the host's certificate


class VouchingSite:
    """A host with a key of the widget, which it never shows to anybody."""

    def __init__(self, host: HostSite, widget: StaffWidget) -> None:
        self.host, self.widget = host, widget
        self.secret = widget.key()
        self.kid = re.findall(r'<th scope="row"><code>(\w+)</code>', widget.staff.get(widget.path).text)[-1]
        self.public_id = widget.address.rstrip("/").rpartition("/")[2]
        self.tokens: list[str] = []

    def token(self, subject: str, name: str) -> str:
        now = int(time.time())
        said = {"aud": self.public_id, "sub": subject, "name": name}
        said |= {"iat": now, "exp": now + 60, "jti": secrets.token_hex(8)}
        self.tokens.append(jwt.encode(said, self.secret, "HS256", headers={"kid": self.kid}))
        return self.tokens[-1]

    def shows(self, somebody: Person, subject: str, name: str, at: str = "") -> FrameLocator:
        """The page that this site sends to somebody, with the widget of the server `at`; what is in its frame."""
        address = self.widget.address.replace(self.widget.server.url, at or self.widget.server.url)
        src = f"{address}?identity={self.token(subject, name)}"
        self.host.put(f"/{subject}", f'<iframe src="{src}" width="360" height="560"></iframe>')
        return visit(somebody, f"{self.host.origin()}/{subject}")


def box(frame: FrameLocator) -> Locator:
    return frame.get_by_role("textbox", name="Message", exact=True).first


def live(frame: FrameLocator) -> FrameLocator:
    """The same frame, once its socket has answered."""
    expect(frame.locator("input[name=met]")).to_have_value("1", timeout=15_000)
    return frame


def say(frame: FrameLocator, text: str) -> None:
    box(frame).fill(text)
    frame.get_by_role("button", name="Send", exact=True).click()


def sees(frame: FrameLocator, text: str) -> None:
    """Until this message is there, once."""
    lines = frame.get_by_role("list", name="Messages").locator(".pl-text")
    expect(lines.get_by_text(text, exact=True)).to_have_count(1, timeout=15_000)


def choose_name(frame: FrameLocator, name: str) -> None:
    frame.get_by_role("textbox", name="Your name").fill(name)
    frame.get_by_role("button", name="Write here").click()
    expect(box(frame)).to_be_visible()
