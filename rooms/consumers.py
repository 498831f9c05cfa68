"""The live side of a room: who may listen, what they may say, what they see."""

import asyncio
from typing import Any

from django.db.models import Max
from django.utils.html import escape

from parlour import Consumer, Malformed, composer, rate_limit
from parlour.composer import NumberedText
from parlour.database import run
from rooms import access, typing
from rooms.models import Message, room_key
from rooms.refusals import refusal
from rooms.saying import offer
from rooms.streams import RoomRegion
from rooms.words import TextRejected

SOON = 20  # seconds a commit may take
TYPING_RATE = "1/3"  # a page of ours says it every two seconds


class RoomConsumer(Consumer):
    """One page in one room."""

    region: RoomRegion

    @classmethod
    def key(cls, slug: str) -> str:  # type: ignore[override]
        return room_key(slug)

    @classmethod
    def authorize(cls, person: Any, slug: str) -> RoomRegion:  # type: ignore[override]
        room = access.room_for(person, slug)
        return RoomRegion(room, access.role(person, room))

    async def greet(self, fields: dict[str, Any]) -> str:
        """Take what the page still holds unsent, and say how far its numbers have come."""
        self.sender = composer.Acknowledgements()
        self.sender.hello(fields)
        _, answer = await self._say(fields)
        if not answer and self.person.is_authenticated:
            highest = await run(_highest, self.person.pk, self.sender.page)
            answer = self.sender.catch_up(self.region, highest)
        self.enter()
        return answer

    def enter(self) -> None:
        self.seat = (self.region.room.people, str(self.person.pk)) if self.person.is_authenticated else None
        if self.seat:
            self.hub.presence.enter(self.seat)

    def left(self) -> None:
        if self.seat:
            self.hub.presence.leave(self.seat)

    async def hear_say(self, fields: dict[str, Any]) -> None:
        if "text" not in fields:
            raise Malformed("That was not understood: “text” is missing.")
        seq, answer = await self._say(fields)
        if answer:
            self.owe(self.region.log, seq, answer)

    async def hear_typing(self, fields: dict[str, Any]) -> None:
        if self.region.role != "reader" and rate_limit("typing", self.person.pk, TYPING_RATE).take():
            self.hub.fleeting(self.region.room.stream, typing.shown(self.region, self.person))

    async def _say(self, fields: dict[str, Any]) -> tuple[int, str]:
        """Store what is new in a say or a hello. Returns how far the room has come by it, and the answer."""
        said = self.sender.take(fields)
        if not said:
            return 0, ""
        offered = await run(offer, self.person, self.region.room.pk, said)
        async with asyncio.timeout(SOON):  # or the page is asked to come back, and says it again
            outcomes = await asyncio.gather(*map(asyncio.wrap_future, offered))
        refused = [(each, why) for each, why in zip(said, outcomes, strict=True) if isinstance(why, TextRejected)]
        stored = [row for row in outcomes if isinstance(row, Message)]
        typing.said(self.region, self.person)
        taken = any(row.page != said[0].page for row in stored)
        unheard = next((row.unheard for row in reversed(stored) if row.unheard), "")
        answer = self.sender.answer(self.region, said, taken) + self._refusals(refused, unheard)
        return max((row.seq or 0 for row in stored), default=0), answer

    def _refusals(self, refused: list[tuple[NumberedText, TextRejected]], unheard: str) -> str:
        """Words beside the box; a text worth keeping comes back in a form of its own."""
        note = next((str(why) for said, why in reversed(refused) if not said.text.strip()), unheard)
        forms = [
            refusal(self.region, said, why, again=said.page != self.sender.page)
            for said, why in refused
            if said.text.strip()
        ]
        return self.region.inner("note", escape(note)) + "".join(self.region.append("err", form) for form in forms)


def _highest(author: int, page: str) -> int:
    """The highest number stored for a page: its last acknowledgements may have been lost with its socket."""
    stored = Message.objects.filter(author=author, page=page).exclude(page="")
    return stored.aggregate(Max("n"))["n__max"] or 0
