"""One hub in each process: it hears hints, asks the streams for everybody who listens, and runs the clocks.

A `Topic` is one stream in this process: asked once for all its listeners, rendered once a variant, the same text to
every socket. It asks one question at a time, so a slow answer never overtakes a newer one. All runs on one loop.
"""

import asyncio
import logging
import random
import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from contextvars import Context
from time import time
from typing import Any, Protocol

from django.core.exceptions import ObjectDoesNotExist

from parlour import authorization, bus, drain, metrics, writes
from parlour.conf import conf
from parlour.database import Gathered, run
from parlour.limits import OncePerMinute
from parlour.models import EPOCH, Head, read_heads, read_heads_for_each
from parlour.presence import Presence
from parlour.streams import Ask, Stream, Variant

log = logging.getLogger("parlour")
SLOTS = 6  # sockets get their heartbeats in as many groups, so that a large site does not send all at once
MANY = 1000  # who read a stream each in a way of their own: it is asked half as often, where it may wait
LONGEST_GAP = 0.1  # seconds between two asks in a burst, in which a topic rests for as long as the first took
ASKED_AT_ONCE = 40  # pages whose rights are asked for together; more would hold up what is delivered meanwhile


class Listener(Protocol):
    """What a topic and its hub need of a socket."""

    slot: int

    @property
    def person(self) -> Any: ...
    def deliver(self, topic: "Topic", seq: int, text: str) -> None: ...
    def beat(self) -> None: ...
    def recheck(self) -> None: ...
    def tick(self) -> None: ...
    def reconnect(self) -> None: ...


Readers = tuple[Variant, tuple[str, ...]]  # how they read, and the heads they follow


class Group:
    """Members who read alike. Those in `listeners` saw the stream up to `cursor`; the others wait for an answer."""

    __slots__ = ("cursor", "listeners", "members", "readers", "topic")

    def __init__(self, topic: "Topic", readers: Readers) -> None:
        self.topic = topic
        self.readers = readers
        self.cursor = -1  # nobody has been answered
        self.listeners: dict[Listener, None] = {}
        self.members = 0


class Topic:
    """A stream, who listens to it here, and how far they have seen."""

    def __init__(self, hub: "Hub", stream: Stream) -> None:
        self.hub = hub
        self.stream = stream
        self.known: dict[str, int] = {}  # heads as answers and hints told of them
        self.groups: dict[Readers, Group] = {}
        self.member_of: dict[Listener, Group] = {}
        self.behind: set[Group] = set()
        self.late: dict[Listener, Ask] = {}  # want an answer of their own
        self.began: dict[Listener, float] = {}  # when those that wait for their first answer shook hands
        self.hinted_at = 0.0  # when the first hint came that is not answered yet
        self.failures = 0  # since the last answer
        self.awake = asyncio.Event()
        self.task = hub.loop.create_task(self._run(), context=Context())  # it works for all, not for the first

    def join(self, listener: Listener, stream: Stream, cursor: int | None, began: float) -> None:
        """Answer `listener`, whose language is in force, from `cursor`, and from then on with all who read alike."""
        readers = stream.variant(listener.person), stream.heads
        group = self.groups.get(readers)
        if group is None:
            group = self.groups[readers] = Group(self, readers)
            for name in stream.heads:
                self.hub.by_head[name][group] = None
            self.hub.subscriber.changed.set()
        group.members += 1
        self._leave_group(listener)
        self.member_of[listener] = group
        self.began[listener] = began
        up_to_date = group.listeners  # without any, an answer to others may be under way that goes beyond this cursor
        if up_to_date and cursor is not None and cursor == group.cursor:
            group.listeners[listener] = None
            listener.deliver(self, cursor, "")
            self._resumed([listener], cursor, cursor)
        else:
            self.late[listener] = Ask(cursor, *group.readers)
            self.awake.set()

    def leave(self, listener: Listener) -> None:
        self._leave_group(listener)
        if not self.member_of:
            self.task.cancel()
            self.hub.topics.pop(self.stream.key, None)

    def _leave_group(self, listener: Listener) -> None:
        self.late.pop(listener, None)
        self.began.pop(listener, None)
        if (group := self.member_of.pop(listener, None)) is None:
            return
        group.listeners.pop(listener, None)
        group.members -= 1
        if not group.members:
            del self.groups[group.readers]
            variant, heads = group.readers
            self.stream.forget(variant)
            for name in heads:
                _remove(self.hub.by_head, name, group)

    def hint(self, name: str, seq: int, groups: set[Group]) -> None:
        """A head, which these groups follow, has come as far as `seq`. A number that is not above ours is ignored."""
        if seq > self.known.get(name, -1):
            self.known[name] = seq
            self.hinted_at = self.hinted_at or self.hub.loop.time()
            self.behind |= groups
            self.awake.set()

    def reset(self) -> None:
        """The epoch changed: nobody's cursor means anything."""
        for readers, group in self.groups.items():
            self.late.update((listener, Ask(None, *readers)) for listener in group.listeners)
            group.listeners.clear()
            group.cursor = -1
        self.known.clear()
        self.awake.set()

    async def _run(self) -> None:
        while True:
            await self.awake.wait()
            if self.stream.delay and not self.late:
                await asyncio.sleep(self.stream.delay * (1 + len(self.groups) / MANY))
            self.awake.clear()
            late = self.late.copy()
            behind, self.behind = self.behind | {self.member_of[listener] for listener in late}, set()
            hinted_at, self.hinted_at = self.hinted_at, 0.0
            behind = {group for group in behind if group.listeners}
            if not late and not behind:
                continue
            began, rest = self.hub.loop.time(), 0.0
            try:
                if await self._answer(behind, late) > 1:  # more is on its way, and once all processes have told this
                    several = 2 if self.hub.subscriber.layer else 1
                    rest = min(several * (self.hub.loop.time() - began), LONGEST_GAP)
                self.failures = 0
                if hinted_at and behind and not self.stream.delay:
                    metrics.FAN_OUT.observe(self.hub.loop.time() - hinted_at)
            except Exception as error:
                self._failed(error)
                self.behind |= behind
                self.hinted_at = hinted_at or self.hinted_at
            await asyncio.sleep(max(conf.ASK_GAP, self.stream.gap, rest))

    def _failed(self, error: Exception) -> None:
        """Log a failure once; the next tick asks again. If a row is missing, its pages may be about to be told so."""
        self.failures += 1
        missing = isinstance(error, ObjectDoesNotExist)
        if missing and self.failures == 1:
            for listener in list(self.member_of):
                isolated(listener.recheck)
        elif self.failures == 1 + missing:
            log.error("stream %s could not be read; it is tried at every tick", self.stream.name, exc_info=error)

    def _learn(self, heads: Mapping[str, int], asked: set[Group]) -> None:
        """Note how far heads have come. Hints of that will be ignored, so groups that were not asked for are behind."""
        for name, seq in heads.items():
            if seq > self.known.get(name, -1):
                self.known[name] = seq
                follow = {each for each in self.groups.values() if each.listeners and name in each.readers[1]}
                self.behind |= follow - asked
                self.awake.set()

    async def _answer(self, behind: set[Group], late: dict[Listener, Ask]) -> int:
        """Returns of how many events the group was told that was most behind."""
        asks = {group: Ask(group.cursor, *group.readers) for group in behind}
        answer = await run(self.stream.answer, [*{*asks.values(), *late.values()}])
        log.debug("%s: %d groups and %d pages of their own", self.stream.name, len(behind), len(late))
        self._learn(answer.heads, {*asks})
        answered: dict[Ask, list[Listener]] = defaultdict(list)
        for listener, ask in late.items():
            if self.late.get(listener) is ask:  # it neither left nor asked anew meanwhile
                answered[ask].append(listener)
        for group, ask in asks.items():
            if group.cursor == ask.cursor:
                group.cursor = answer.cursor(ask.heads)
                if text := answer.fragments[ask]:
                    self._deliver(list(group.listeners), group.cursor, text)
        for ask, listeners in answered.items():
            group, cursor = self.member_of[listeners[0]], answer.cursor(ask.heads)
            self._deliver(listeners, cursor, answer.fragments[ask])
            self._resumed(listeners, ask.cursor, cursor)
            group.cursor = cursor
            group.listeners.update((each, None) for each in listeners if self.late.pop(each, None))
        return max((answer.cursor(ask.heads) - (ask.cursor or 0) for ask in asks.values()), default=0)

    def _resumed(self, listeners: list[Listener], seen: int | None, cursor: int) -> None:
        kind = "unknown" if seen is None else "current" if seen == cursor else "behind"
        for listener in listeners:
            if began := self.began.pop(listener, 0.0):
                metrics.RESUMES_BY_KIND[kind].inc()
                metrics.RESUME.observe(self.hub.loop.time() - began)

    def _deliver(self, listeners: list[Listener], cursor: int, text: str) -> None:
        frame = text + self.stream.ids.cursor(self.stream.name, self.stream.part, self.hub.epoch, cursor)
        metrics.DELIVERIES.inc(len(listeners))
        for listener in listeners:
            if listener in self.member_of:  # it may have ended while others were told
                try:
                    listener.deliver(self, cursor, frame)
                except Exception:
                    log.exception("a page could not be told")


def isolated(call: Callable[..., None], *args: Any) -> None:
    """Call a listener; what fails there is logged and holds up nobody else."""
    try:
        call(*args)
    except Exception:
        log.exception("a page failed at %s", getattr(call, "__name__", call))


def _remove(index: dict[str, dict[Any, Any]], name: str, member: Any) -> None:
    index[name].pop(member, None)
    if not index[name]:
        del index[name]


class Hub:
    """What one process knows of its pages and their streams."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.process = secrets.token_hex(4)
        self.epoch = 0  # not known yet
        self.reading_epoch = asyncio.Lock()  # else each of a thousand that come at once reads it
        self.ticked = self.loop.time()
        self.topics: dict[tuple[str, str, str], Topic] = {}
        self.by_head: dict[str, dict[Group, None]] = defaultdict(dict)
        self.guards: dict[str, dict[Listener, int]] = defaultdict(dict)
        self.listeners: dict[Listener, tuple[list[Topic], set[str]]] = {}  # their topics and their guards
        self.read_last: dict[str, int] = {}  # heads as the last tick found them
        self.hinted: dict[str, int] = {}  # heads of which hints told that are beyond these
        self.unhinted: dict[str, int] = {}  # heads that the last tick found before any hint told of them
        self.late_hints = OncePerMinute("a tick found %s, of which no hint had told: pages were up to a tick late")
        self.checks = asyncio.Semaphore(ASKED_AT_ONCE)  # else a thousand that connect at once are all answered last
        self.checked: dict[Any, Gathered[Any, dict[str, int]]] = {}
        self.heads = Gathered(read_heads_for_each, ASKED_AT_ONCE, asyncio.Semaphore())  # not behind those who come
        self.presence = Presence(self.process)
        self.subscriber = bus.Subscriber(lambda: {*self.by_head, *self.guards}, self._received)
        duties = [self._tick_for_ever(), self._beat_for_ever(), self.presence.keep()]
        duties += [self.subscriber.receive(), self.subscriber.join_groups(self.read), self._recheck_for_ever()]
        self.tasks = [self.loop.create_task(duty) for duty in duties]

    async def ready(self) -> None:
        """Wait until the epoch is known, so that cursors can be compared."""
        async with self.reading_epoch:
            self.epoch = self.epoch or await run(Head.objects.epoch)

    async def check_rights(self, page: Any) -> dict[str, int]:
        """Ask what a page may see, as its `check_rights` does, together with others of its class that wait for that.

        Where nothing answers for many people it is asked alone, so that a slow rule holds up nobody else.
        """
        if not page.answers_for_many:
            async with self.checks:
                return await run(page.check_rights)
        alike = type(page), page.language
        gathered = self.checked.setdefault(alike, Gathered(authorization.check, ASKED_AT_ONCE, self.checks))
        try:
            return await gathered.ask(page)
        finally:
            if not gathered.waiting:
                self.checked.pop(alike, None)

    # Listening

    def follow(self, listener: Listener, stream: Stream, cursor: int | None, began: float = 0.0) -> None:
        """Have `listener` told what is new in `stream` since `cursor`; with None it gets the present.

        `began` is the loop's time at which it began to wait for this: now, if it is not given.
        """
        topic = self.topics.get(stream.key)
        if topic is None:
            topic = self.topics[stream.key] = Topic(self, stream)
        topics, _ = self.listeners.setdefault(listener, ([], set()))
        if topic not in topics:
            topics.append(topic)
        topic.join(listener, stream, cursor, began or self.loop.time())

    def told(self, listener: Listener, stream: Stream) -> int:
        """The cursor of what a listener was last told of a stream; -1 while it waits for an answer of its own."""
        topic = self.topics.get(stream.key)
        group = topic and topic.member_of.get(listener)
        return group.cursor if group and listener in group.listeners else -1

    def guard(self, listener: Listener, heads: dict[str, int]) -> None:
        """Have `listener` check its rights again when one of these heads moves beyond what it saw."""
        self.listeners.setdefault(listener, ([], set()))[1].update(heads)
        for name, seq in heads.items():
            self.guards[name][listener] = seq
        self.subscriber.changed.set()

    def leave(self, listener: Listener) -> None:
        topics, guards = self.listeners.pop(listener, ([], set()))
        for topic in topics:
            topic.leave(listener)
        for name in guards:
            _remove(self.guards, name, listener)

    async def end_sockets(self, seconds: float) -> None:
        """Have all pages come back elsewhere, in random order over so many seconds; those of one person together."""
        sockets: dict[Any, list[Listener]] = defaultdict(list)
        for listener in self.listeners:
            sockets[listener.person.pk or listener].append(listener)
        people = random.sample(list(sockets.values()), len(sockets))
        began = self.loop.time()
        for number, those in enumerate(people):
            await asyncio.sleep(began + seconds * number / len(people) - self.loop.time())
            for listener in those:
                isolated(listener.reconnect)

    # Hints

    def committed(self, heads: dict[str, int]) -> None:
        """This process committed. May be called from any thread."""
        with suppress(RuntimeError):  # the loop has ended, and its pages with it
            self.loop.call_soon_threadsafe(self._hint, heads)

    def _hint(self, heads: dict[str, int]) -> None:
        for name, seq in heads.items():
            self.hinted[name] = max(seq, self.hinted.get(name, -1))
            if self.unhinted.get(name, seq + 1) <= seq:
                del self.unhinted[name]
                metrics.HINTS_LATE.inc()
            self.moved(name, seq)

    def moved(self, name: str, seq: int) -> None:
        """A head has come as far as `seq`: topics ask, guarded sockets check their rights."""
        behind: dict[Topic, set[Group]] = defaultdict(set)
        for group in self.by_head.get(name, ()):
            behind[group.topic].add(group)
        for topic, groups in behind.items():
            topic.hint(name, seq, groups)
        for listener, known in list(self.guards.get(name, {}).items()):
            if seq > known:
                self.guards[name][listener] = seq
                isolated(listener.recheck)

    def transient(self, name: str, fragments: str, key: str) -> None:
        """Show something that leaves no trace to everybody who has the stream of this name, in all processes.

        `key` is that of the region for which the fragments are; in others they go to the parts of the same names.
        Pages that only follow the head of this name, such as a list of rooms, do not show it.
        """
        self._show(name, fragments, key)
        if (publisher := bus.publisher()) is not None:
            message = {"type": "transient", "name": name, "fragments": fragments, "key": key, "process": self.process}
            publisher.publish_transient(message)

    def _show(self, name: str, fragments: str, key: str) -> None:
        for group in [each for each in self.by_head.get(name, ()) if each.topic.stream.name == name]:
            text = fragments.replace(f":#{key}-", f":#{group.topic.stream.ids.key}-")
            for listener in list(group.listeners):
                isolated(listener.deliver, group.topic, group.cursor, text)

    def _received(self, message: dict[str, Any]) -> None:
        if message["type"] == "hint":
            log.debug("a hint says %s is at %d", message["name"], message["seq"])
            self._hint({message["name"]: message["seq"]})
            if since := message.get("since"):  # of another process, whose clock may be ahead
                metrics.HINT_LAG.observe(max(0.0, time() - since))
        elif message.get("process") != self.process:
            self._show(message["name"], message["fragments"], message.get("key", ""))

    # Clocks

    async def _tick_for_ever(self) -> None:
        while True:
            try:
                await self._tick()
            except Exception:
                log.exception("a tick failed; the next one follows")
            await asyncio.sleep(conf.TICK * random.uniform(0.8, 1.2))

    async def _tick(self) -> None:
        """Find what lost hints hid, number what a dead process left, end what is too old."""
        self.subscriber.changed.set()
        try:
            await run(writes.number_pending)
        except Exception:
            log.exception("pending events could not be numbered; it is tried again")
        if self.unhinted:
            metrics.HINTS_LOST.inc(len(self.unhinted))
            self.late_hints.warning(", ".join(list(self.unhinted)[:3]))
        heads = await self.read({EPOCH, *self.by_head, *self.guards})
        moved = {name: seq for name, seq in heads.items() if seq > self.read_last.get(name, seq)}
        self.unhinted = {name: seq for name, seq in moved.items() if seq > self.hinted.get(name, -1)}
        self.hinted = {name: seq for name, seq in self.hinted.items() if seq > heads.get(name, seq)}
        self.read_last = heads
        for topic in list(self.topics.values()):
            if topic.late or topic.behind:
                topic.awake.set()
        for listener in list(self.listeners):
            isolated(listener.tick)
        self.ticked = self.loop.time()

    async def read(self, names: Collection[str]) -> dict[str, int]:
        """Read how far these heads have come, and act as if hints had told of it."""
        heads = await run(read_heads, names)
        epoch = heads.pop(EPOCH, self.epoch)
        if self.epoch and epoch and epoch != self.epoch:
            self.epoch, self.read_last = epoch, {}
            for topic in self.topics.values():
                topic.reset()
            for known in self.guards.values():
                known.update(dict.fromkeys(known, -1))
        for name, seq in heads.items():
            if seq != self.read_last.get(name):  # else whoever listens has been told, or asked after that
                self.moved(name, seq)
        return heads

    async def _beat_for_ever(self) -> None:
        slot = 0
        while True:
            for listener in list(self.listeners):
                if listener.slot == slot:
                    isolated(listener.beat)
            slot = (slot + 1) % SLOTS
            await asyncio.sleep(conf.BEAT / SLOTS)

    async def _recheck_for_ever(self) -> None:
        """Find rights that went without a signal, such as by `QuerySet.update`, a slot of the sockets at a time.

        A slot is spread over its share of the time, which is a little less than a sixth: a page may come later in it
        than the last time.
        """
        slot = 0
        while True:
            slot = (slot + 1) % SLOTS
            pages: list[Any] = [each for each in self.listeners if each.slot == slot]
            starts = range(0, len(pages), ASKED_AT_ONCE) or [0]
            for start in starts:
                await asyncio.sleep(conf.RECHECK / (SLOTS + 1) / len(starts))
                try:
                    for page in await run(authorization.differing, pages[start : start + ASKED_AT_ONCE]):
                        isolated(page.recheck)
                except Exception:
                    log.exception("rights could not be asked for; it is tried again")


_hub: Hub | None = None


def current() -> Hub:
    """This process's hub, started by the first socket: daphne does not say when it starts."""
    global _hub
    if _hub is None or _hub.loop is not asyncio.get_running_loop():
        _hub = Hub()
        bus.on_commit = _hub.committed
        drain.end_sockets = _hub.end_sockets if bus.shared_layer() else None
    return _hub


def tick_age() -> float | None:
    """Seconds since this process's hub last looked for what lost hints hid; None where no socket has started it."""
    return None if _hub is None or _hub.loop.is_closed() else _hub.loop.time() - _hub.ticked


def listeners() -> dict[str, int]:
    """How many sockets of this process follow each stream, by the stream's name. Any thread may ask."""
    counts: dict[str, int] = {}
    for topic in list(_hub.topics.values()) if _hub else ():
        counts[topic.stream.name] = max(counts.get(topic.stream.name, 0), len(topic.member_of))
    return counts
