"""Who may be here: asked when a page knocks, when it says hello, and whenever a right may have gone."""

import logging
from time import time
from typing import Any

from django.conf import settings
from django.shortcuts import resolve_url
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from parlour import handshake, heads
from parlour.database import run
from parlour.fragments import Region
from parlour.revocation import guard
from parlour.sockets import Socket

log = logging.getLogger("parlour")


class Denied(Exception):
    """A page that may not be here, with the close code and the words (markup) that lead on.

    4001 signed out, 4003 not allowed, 4004 no such thing: final. 4008 and 4029 keep the beat, so that the
    page's watchdog comes back.
    """

    def __init__(self, code: int, words: SafeString | str) -> None:
        super().__init__(code, words)
        self.code = code
        self.words = words

    @classmethod
    def signed_out(cls, back: str = "/") -> "Denied":
        """For somebody who is not signed in where one has to be: words that lead to the sign-in and then `back`."""
        login, query = resolve_url(settings.LOGIN_URL), urlencode({"next": back})
        return cls(4001, format_html('You are signed out. <a href="{}?{}">Sign in</a>', login, query))


class Admitted(Socket):
    """A socket with a person behind it, and with what that person may have."""

    visitor: handshake.Visitor | None = None
    leaves_at = float("inf")  # on the loop's clock

    @classmethod
    def authorize(cls, person: Any, **route: Any) -> Region:
        """The region this person may have at this address, or Refused. Runs on a database thread."""
        raise NotImplementedError

    @property
    def person(self) -> Any:
        return self.visitor.person if self.visitor else None

    def check_rights(self) -> dict[str, int]:
        """Ask who this is and what they may see. Returns the guards' heads as they were before it asked.

        A right that is taken away meanwhile moves a head once more, and so is asked for again.
        """
        known = heads.read({*self.region.guards, guard(self.person.pk)} if self.visitor else set())
        visitor = handshake.visitor(self.scope)
        if self.visitor and visitor.person.pk != self.person.pk:
            raise Denied.signed_out(self.region.address or "/")
        self.region = self.authorize(visitor.person, **self.route)
        self.visitor = visitor
        return known

    def recheck(self) -> None:
        """Ask again whether this page may stay."""
        self.asking = self.loop.create_task(self._recheck())

    async def _recheck(self) -> None:
        zone = getattr(self.person, "zone", "")
        try:
            known = await run(self.check_rights)
            self.stays(known)
            log.debug("person %s may stay at %s", self.person.pk, self.scope["path"])
            if getattr(self.person, "zone", "") != zone:
                self.end(1012)  # it comes back, and its feeds know how it reads
        except Denied as refused:
            self.end(refused.code, refused.words)
        except Exception:
            log.exception("rights could not be read; they are asked for again")
            self.loop.call_later(1, self.recheck)

    def stays(self, known: dict[str, int]) -> None:
        """Asked again, the page may stay; its region may have other streams now. `known` are its guards' heads."""

    def aged(self) -> None:
        """Called at every tick: sessions end, and no socket lives for ever."""
        until = self.visitor and self.visitor.until
        if until and until.timestamp() < time():
            self.recheck()
        if self.loop.time() > self.leaves_at:
            self.end(1012)
