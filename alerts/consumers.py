"""The socket of the bell: its own person's alone, and all a page can say is that the bell was looked at."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from alerts import actions, audiences
from alerts.streams import KEY, BellRegion, today
from parlour import Consumer, Denied, Malformed, run

TITLE = 200  # characters of a page's title


class AlertsConsumer(Consumer):
    """The bell of one page. Each hello brings `day`, `page_title` and, once the bell was opened, `opened`."""

    region: BellRegion
    day = ""  # the reader's date when the page's words of time were rendered; known from its hello
    opened = False
    title = ""  # of the page, without a count

    @classmethod
    def key(cls) -> str:  # type: ignore[override]
        return KEY

    @classmethod
    def authorize(cls, person: Any) -> BellRegion:  # type: ignore[override]
        if not person.is_authenticated:
            raise Denied.signed_out()
        return BellRegion(person.pk)

    @classmethod
    def authorize_all(cls, asked: Sequence[tuple[Any, Mapping[str, Any]]]) -> list[BellRegion | None]:
        signed_in = {person.pk for person, _ in asked if person.is_authenticated}
        names = audiences.of(signed_in) if signed_in else {}
        return [BellRegion(person.pk, names[person.pk]) if person.pk in names else None for person, _ in asked]

    def check_rights(self, known: Any = None) -> dict[str, int]:
        before = self.region.bell if self.greeted else None
        guards = super().check_rights(known)
        bell = self.region.bell
        bell.opened, bell.title = self.opened, self.title
        if before and before.heads == bell.heads and before.audiences != bell.audiences:
            self.loop.call_soon_threadsafe(self._refresh)  # other heads are followed anew by themselves
        return guards

    async def greet(self, fields: dict[str, Any]) -> str:
        self.day = fields.get("day") or self.today
        self.opened = self.region.bell.opened = fields.get("opened") == "1"
        self._stands_on(fields)
        return ""

    def tick(self) -> None:
        """When the reader's date has changed, "today" has become "yesterday"."""
        super().tick()
        if self.day and self.day != self.today:
            self.day = self.today
            self._refresh()

    @property
    def today(self) -> str:
        return today(self.region.bell.variant(self.person).zone)

    async def hear_seen(self, fields: dict[str, Any]) -> None:
        """The bell was opened or closed: what it showed is seen. From the first opening on, the page gets lines.

        The opening itself loads them too, but that request is lost while the server is away; this frame waits.
        """
        upto = str(fields.get("upto") or 0)
        if not upto.isascii() or not upto.isdigit() or len(upto) > 18:
            raise Malformed(gettext("That was not understood: a number was expected."))
        if int(upto):
            await run(actions.mark_seen, self.person, int(upto))
        if not self.opened:
            self.opened = self.region.bell.opened = True
            self._refresh()

    async def hear_title(self, fields: dict[str, Any]) -> None:
        """The page has another title: it was navigated to without being loaded, or its room was renamed."""
        self._stands_on(fields)
        self._refresh()

    def _stands_on(self, fields: dict[str, Any]) -> None:
        self.title = self.region.bell.title = " ".join(str(fields.get("page_title") or "").split())[:TITLE]

    async def hear_look(self, fields: dict[str, Any]) -> None:
        """A form was answered with the bell as it was then; the socket has the last word."""
        self._refresh()

    def _refresh(self) -> None:
        if self.greeted:
            self.hub.follow(self, self.region.bell, None)
