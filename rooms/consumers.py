"""The live side of a room: who may be there, and what their pages may say."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from parlour import Consumer, Malformed, rate_limit, run
from rooms import typing_indicator
from rooms.drafts import keep_draft
from rooms.markup import TextRejected, is_plain
from rooms.models import Message, Restriction, Room, room_key
from rooms.permissions import READER, rights_of_all, room_for
from rooms.posting import COMMIT_WITHIN, Outcome, submit
from rooms.reading import mark_room_read
from rooms.rejected_text import rejected_form
from rooms.restrictions import has_ended, words
from rooms.send_once import Acknowledgements, NumberedText
from rooms.streams import RoomRegion
from rooms.suggestions import suggested
from rooms.unread import followed, read_soon

ATTENTION = 30.0  # seconds that a sign of somebody at the page holds
READING_RATE = "1/10"  # how often one person's attention may begin: a second / at once
TYPING_RATE = "1/3"  # a page of ours says it every two seconds
DRAFT_RATE = "3/20"  # and this when somebody pauses


class RoomConsumer(Consumer):
    """One page in one room."""

    region: RoomRegion
    lease: tuple[str, str] | None = None
    attention: asyncio.TimerHandle | None = None
    above = False  # its reader looks at earlier lines: what arrives is not in front of them
    lacks_composer = False
    told: Restriction | None = None  # the page knows of it
    drafted: str | None = None  # the draft that is kept, once this page has changed it
    suggests = False  # the page shows names that complete a mention

    @classmethod
    def key(cls, slug: str) -> str:  # type: ignore[override]
        return room_key(slug)

    @classmethod
    def authorize(cls, person: Any, slug: str) -> RoomRegion:  # type: ignore[override]
        room, allowed = room_for(person, slug)
        rooms = followed([(person.pk, room)])[person.pk, room.pk] if person.is_authenticated else []
        return RoomRegion(room, allowed).read_by(person, rooms)

    @classmethod
    def authorize_all(cls, asked: Sequence[tuple[Any, Mapping[str, Any]]]) -> list[RoomRegion | None]:
        rooms = Room.objects.at_all({route["slug"] for _, route in asked})
        where = [(person, rooms.get(route["slug"])) for person, route in asked]
        allowed = rights_of_all([(person, room) for person, room in where if room])
        counted = followed([(person.pk, room) for person, room in where if room and person.is_authenticated])

        def region(person: Any, room: Room | None) -> RoomRegion | None:
            if room is None or not allowed[person.pk, room.pk].read:
                return None
            return RoomRegion(room, allowed[person.pk, room.pk]).read_by(person, counted.get((person.pk, room.pk), ()))

        return [region(*each) for each in where]

    async def greet(self, fields: dict[str, Any]) -> str:
        """Take what the page still holds unsent, or say how far its texts are stored."""
        self.sent = Acknowledgements(fields)
        self.above = fields.get("above") == "1"
        self.lacks_composer = "met" in fields and not self.sent.page
        self.told = self.region.rights.restriction if self.lacks_composer else None
        _, answer = await self._post(fields)
        met_before = fields.get("met") != ""  # only then an acknowledgement of its texts may have been lost
        if not answer and met_before and self.sent.page and self.person.is_authenticated:
            answer = self.sent.catch_up(self.region, await run(Message.objects.highest, self.person.pk, self.sent.page))
        self.lease = (self.region.room.people, str(self.person.pk)) if self.person.is_authenticated else None
        if self.lease:
            self.hub.presence.enter(self.lease)
        return answer

    def tick(self) -> None:
        """A page hears of a mute and of its end, and gets a composer once its reader may write."""
        super().tick()
        allowed = getattr(self.region, "rights", READER)  # a widget's page of nobody has none
        if allowed.restriction and has_ended(allowed.restriction):
            self.recheck()
        elif self.greeted and allowed.write and self.lacks_composer:
            self.lacks_composer = False
            renewal = render_to_string("parlour_rooms/composer.html#renew", {"region": self.region})
            self.put(self.region.inner("note", renewal))
        elif self.greeted and allowed.restriction != self.told:
            self.told = allowed.restriction
            with translation.override(self.language):  # it is the hub that calls
                self.put(self.region.inner("note", escape(words(self.told)) if self.told else ""))

    def left(self) -> None:
        self._look_away()
        if self.lease:
            self.hub.presence.leave(self.lease)

    async def hear_say(self, fields: dict[str, Any]) -> None:
        if "text" not in fields:
            raise Malformed(_("That was not understood: “text” is missing."))
        seq, answer = await self._post(fields)
        if answer:
            self.put_after(self.region.log, seq, answer)

    async def hear_typing(self, fields: dict[str, Any]) -> None:
        if self.region.rights.write and rate_limit("typing", self.person.pk, TYPING_RATE).take():
            typing = typing_indicator.start(self.region, self.person)
            self.hub.transient(self.region.room.stream, typing, self.region.key)
        await self.hear_draft(fields)

    async def hear_draft(self, fields: dict[str, Any]) -> None:
        """What stands in the box: every two seconds while somebody writes, and when they pause."""
        text, bucket = fields.get("text"), rate_limit("draft", self.person.pk, DRAFT_RATE)
        if isinstance(text, str) and self.region.rights.write and bucket.take():
            if text != self.drafted:
                self.drafted = text
                await run(keep_draft, self.person, self.region.room, text)
            await self._suggest(text)

    async def _suggest(self, text: str) -> None:
        """Show the names that complete the mention in which the text ends."""
        names = await run(suggested, self.person, self.region.room, text) if "@" in text else []
        if names or self.suggests:
            self.suggests = bool(names)
            longer = text + max(names, key=len, default="")  # than the text with any of them
            context = {"region": self.region, "names": names, "text": f"{longer}  "}
            self.put(self.region.inner("suggestions", render_to_string("parlour_rooms/suggestions.html", context)))

    async def hear_seen(self, fields: dict[str, Any]) -> None:
        """A sign of somebody at the page: the room is in front of them until the next few seconds bring none."""
        if not self.lease or self.above:
            return
        if self.attention:
            self.attention.cancel()
        elif not rate_limit("reading", self.person.pk, READING_RATE).take():
            return
        begins = not self.attention
        self.attention = self.loop.call_later(ATTENTION, self._look_away)
        self.deliver = self._deliver_and_read  # type: ignore[method-assign]  # the others' frames take a call less
        if begins:
            self.hub.presence.enter((self.region.room.reading, str(self.person.pk)))
            if (seq := self.hub.told(self, self.region.log)) >= 0:  # what the page was told up to now is read
                read_soon(self, seq)
            await run(mark_room_read, self.person, self.region.room)

    async def hear_above(self, fields: dict[str, Any]) -> None:
        """The newest lines were scrolled out of sight. The page says so again when it comes back."""
        self.above = True
        self._look_away()
        above = render_to_string("parlour_rooms/unread.html#above", {"region": self.region})
        self.put(self.region.inner("above", above))

    async def hear_newest(self, fields: dict[str, Any]) -> None:
        """They are in sight again."""
        if self.above:
            self.above = False
            self.put(self.region.inner("above", ""))
            await self.hear_seen(fields)

    async def hear_away(self, fields: dict[str, Any]) -> None:
        """The window has lost the focus."""
        self._look_away()

    def _deliver_and_read(self, topic: Any, seq: int, text: str) -> None:
        super().deliver(topic, seq, text)
        if topic.stream.key == self.region.log.key:
            read_soon(self, seq)

    def _look_away(self) -> None:
        if self.attention:
            self.attention.cancel()
            self.attention = None
            del self.deliver
            self.hub.presence.leave((self.region.room.reading, str(self.person.pk)), grace=0)

    async def _post(self, fields: dict[str, Any]) -> tuple[int, str]:
        """Store what is new in a say or a hello. Returns how far the room has come by it, and the answer."""
        texts = self.sent.take(fields)
        if not texts:
            return 0, ""
        typing_indicator.stop(self.region, self.person)
        async with asyncio.timeout(COMMIT_WITHIN):  # or the page is asked to come back, and sends it again
            outcomes = await asyncio.wrap_future(await self._submit(texts))
        if stored := [row for row in outcomes if isinstance(row, Message)]:
            self.drafted = ""
        rejected = [(text, why) for text, why in zip(texts, outcomes, strict=True) if isinstance(why, TextRejected)]
        taken = any(row.page != texts[0].page for row in stored)
        unheard = next((row.unheard for row in reversed(stored) if row.unheard), "")
        answer = self.sent.answer(self.region, texts, taken) + self._rejected(rejected, unheard)
        return max((row.seq or 0 for row in stored), default=0), answer

    async def _submit(self, texts: list[NumberedText]) -> "Future[list[Outcome]]":
        """Plain texts are handed on here; to make markup and look up names is for a thread."""
        person, room = self.person, self.region.room.pk
        if all(is_plain(each.text) for each in texts):
            return submit(person, room, texts, waits=False)
        return await run(submit, person, room, texts)

    def _rejected(self, rejected: list[tuple[NumberedText, TextRejected]], unheard: str) -> str:
        """Words beside the box; a text worth keeping comes back in a form of its own."""
        note = next((str(why) for text, why in reversed(rejected) if not text.text.strip()), unheard)
        forms = [
            rejected_form(self.region, text, why, again=text.page != self.sent.page)
            for text, why in rejected
            if text.text.strip()
        ]
        return self.region.inner("note", escape(note)) + "".join(self.region.append("err", form) for form in forms)
