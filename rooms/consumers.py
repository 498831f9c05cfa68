"""The live side of a room: who may listen, what they may say, what they see."""

import asyncio
from typing import Any

from django.db.models import Max
from django.utils.html import escape

from parlour import composer
from parlour.composer import Said
from parlour.consumers import Consumer
from parlour.database import run
from rooms import access, typing
from rooms.models import Message
from rooms.refusals import refusal
from rooms.saying import offer
from rooms.streams import RoomRegion, room_key
from rooms.words import Unsaid


class RoomConsumer(Consumer):
    """One page in one room."""

    region: RoomRegion

    @classmethod
    def key(cls, slug: str) -> str:  # type: ignore[override]
        return room_key(slug)

    @classmethod
    def admit(cls, person: Any, slug: str) -> RoomRegion:  # type: ignore[override]
        room = access.room_for(person, slug)
        return RoomRegion(room, access.role(person, room))

    async def greet(self, fields: dict[str, Any]) -> str:
        """Take what the page still holds unsent, and say how far its numbers have come."""
        self.page = fields.get("page", "")
        self.acked = {self.page: composer.whole(fields.get("acked") or 0)}
        self.enter()
        if self.page and not fields.get("text"):
            return await self._caught_up()
        _, answer = await self._say(fields)
        return answer

    def enter(self) -> None:
        self.seat = (self.region.room.people, str(self.person.pk)) if self.person.is_authenticated else None
        if self.seat:
            self.hub.presence.enter(self.seat)

    def left(self) -> None:
        if self.seat:
            self.hub.presence.leave(self.seat)

    async def hear_say(self, fields: dict[str, Any]) -> None:
        seq, answer = await self._say(fields)
        if answer:
            self.owe(self.region.log, seq, answer)

    async def hear_typing(self, fields: dict[str, Any]) -> None:
        if self.region.role != "reader":
            self.hub.fleeting(self.region.room.stream, typing.shown(self.region, self.person))

    async def hear_seen(self, fields: dict[str, Any]) -> None:
        """A page in use. Nothing is counted yet."""

    async def _caught_up(self) -> str:
        """A page with nothing pending, whose last answers may have been lost with its socket."""
        if not self.person.is_authenticated:
            return ""
        highest = await run(_highest, self.person.pk, self.page)
        if highest <= self.acked[self.page]:
            return ""
        self.acked[self.page] = highest
        return self.region.value("acked", highest)

    async def _say(self, fields: dict[str, Any]) -> tuple[int, str]:
        """Store what is new in a say or a hello. Returns how far the room has come by it, and the answer."""
        page = fields.get("page", "")
        acked = self.acked.get(page, 0) if isinstance(page, str) else 0
        said = composer.said(fields, acked)
        if not said:
            return 0, ""
        offered = offer(self.person, self.region.room.pk, said)
        outcomes = await asyncio.gather(*map(asyncio.wrap_future, offered))
        refused = [(each, why) for each, why in zip(said, outcomes, strict=True) if isinstance(why, Unsaid)]
        stored = [row for row in outcomes if isinstance(row, Message)]
        seq = max((row.seq or 0 for row in stored), default=0)
        return seq, self._answer(said, acked, stored) + self._refusals(refused)

    def _answer(self, said: list[Said], acked: int, stored: list[Message]) -> str:
        """Take the texts off the page that sent them, stored or refused: refused ones come back on their own."""
        page, n = said[-1].page, said[-1].n
        if not page:
            return ""
        self.acked[page] = n
        if page != self.page:
            return self.region.delete(f"err-{page}")
        if all(row.page == page for row in stored):
            return composer.acknowledged(self.region, n, acked)
        self.page = composer.new_page()
        self.acked = {self.page: 0}
        return composer.acknowledged(self.region, n, acked, to=0) + composer.renamed(self.region, self.page)

    def _refusals(self, refused: list[tuple[Said, Unsaid]]) -> str:
        """Words beside the box; a text worth keeping comes back in a form of its own."""
        note = next((str(why) for said, why in reversed(refused) if not said.text.strip()), "")
        forms = [refusal(self.region, said, why) for said, why in refused if said.text.strip()]
        return self.region.inner("note", escape(note)) + "".join(self.region.append("err", form) for form in forms)


def _highest(author: int, page: str) -> int:
    return Message.objects.filter(author=author, page=page).aggregate(Max("n"))["n__max"] or 0
