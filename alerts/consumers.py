"""The live side of the bell: it is its person's own, and looking at it is all one can say."""

from typing import Any

from alerts import marking
from alerts.streams import KEY, BellRegion, today
from parlour import Consumer, Denied, Malformed
from parlour.database import run


class AlertsConsumer(Consumer):
    """One page's bell."""

    region: BellRegion
    day = ""  # of which the page's words of time are; known from its hello

    @classmethod
    def key(cls) -> str:  # type: ignore[override]
        return KEY

    @classmethod
    def authorize(cls, person: Any) -> BellRegion:  # type: ignore[override]
        if not person.is_authenticated:
            raise Denied.signed_out()
        return BellRegion(person.pk)

    async def greet(self, fields: dict[str, Any]) -> str:
        """The page says of which day its words of time are."""
        self.day = fields.get("day") or self.today
        return ""

    def tick(self) -> None:
        """When the reader's day has changed, "today" has become "yesterday"."""
        super().tick()
        if self.day and self.day != self.today:
            self.day = self.today
            self._look()

    @property
    def today(self) -> str:
        return today(getattr(self.person, "zone", ""))

    async def hear_seen(self, fields: dict[str, Any]) -> None:
        """The bell was opened or closed: what it showed is seen."""
        await run(marking.see, self.person, _number(fields.get("upto")))
        self._look()

    async def hear_look(self, fields: dict[str, Any]) -> None:
        """The page dealt with alerts by a form, and shows what was then: the last word is the socket's."""
        self._look()

    def _look(self) -> None:
        self.hub.follow(self, self.region.bell, None)


def _number(value: Any) -> int:
    if value is None or value == "":
        return 0
    if not str(value).isascii() or not str(value).isdigit() or len(str(value)) > 18:
        raise Malformed("That was not understood: a number was expected.")
    return int(value)
