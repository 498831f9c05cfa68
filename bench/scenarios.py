"""What is done to a server, and the figures that come of it. Every scenario ends when every reader has everything."""

import itertools
import re
import sqlite3
import statistics
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from time import perf_counter

from bench.load import Answer, Connection, Http, Late, Loop, Parlour, Room, Socket, Wire, Wrong, nothing
from bench.results import Figures
from bench.servers import PLAIN, Checkout, Peer, Server, all_cpu, seed_plain

AT_ONCE = 32  # handshakes under way
LONE_RATE, LONE_POSTS = 8, 40
SECONDS = 4.0  # of a closed loop
PATIENCE = 60  # seconds until everybody has heard everything
POSTERS, TEXTS = 64, 40  # as many texts as a person may say at once
FORM_WRITERS, FORM_READERS, PAGE_LINES = 32, 8, 8
MISSED = 50
IDLE, SPOT_CHECKS = 15, 50  # seconds, in which each lease is renewed; rooms in which somebody says something then
FIELD = re.compile(r'name="(csrfmiddlewaretoken|page|cursor)" value="([^"]+)"')


class Meter:
    """What the server and the client spend from here to `stop`."""

    def __init__(self, scenario: "Scenario") -> None:
        self.scenario = scenario
        self.cpu, self.all = scenario.server.cpu(), all_cpu()
        self.idle, self.own = scenario.loop.idle, time.process_time()
        self.began = perf_counter()

    def stop(self) -> None:
        """What was spent: `seconds`, and `cpu` of the server. Notes the most that the client needed of its core."""
        seconds, server = perf_counter() - self.began, self.scenario.server
        self.seconds, self.cpu = seconds, server.cpu() - self.cpu
        if seconds > 0.5:  # a shorter burst is as fast as the client is
            own, idle = time.process_time() - self.own, self.scenario.loop.idle - self.idle
            self._most("client_cpu", own)
            self._most("client_busy", seconds - idle)
            self._most("others", all_cpu() - self.all - self.cpu - own)

    def _most(self, figure: str, spent: float) -> None:
        """Keep the largest share of the time."""
        figures = self.scenario.figures
        figures[figure] = max(figures.get(figure, 0), 100 * spent / self.seconds)

    def each(self, rate: str, cost: str, many: int, unit: float = 1e3) -> None:
        """End, and note how many a second there were and what one cost, in `unit` of a second."""
        self.stop()
        self.scenario.figures[rate] = many / self.seconds
        self.scenario.figures[cost] = unit * self.cpu / many


class Scenario:
    """One server, its client, and the figures so far."""

    def __init__(self, server: Server, loop: Loop) -> None:
        self.server, self.loop = server, loop
        self.ports = itertools.cycle([server.port])
        self.figures: Figures = {}
        self.numbers = itertools.count(1)

    def connect(
        self, wire: Wire, room: Room, cookies: list[str], at: int | None = None, at_once: int = AT_ONCE
    ) -> list[Socket]:
        """Open a socket for each cookie, some at a time, and wait until each was answered."""
        return self.open([(wire, room, cookie) for cookie in cookies], at, at_once)

    def open(self, wanted: list[tuple[Wire, Room, str]], at: int | None = None, at_once: int = AT_ONCE) -> list[Socket]:
        waiting = iter(wanted)
        opened: list[Socket] = []
        ready: list[bool] = []

        def another() -> None:
            for wire, room, cookie in itertools.islice(waiting, 1):
                opened.append(Socket(self.loop, next(self.ports), wire, room, cookie, at))
                opened[-1].on_ready = answered

        def answered() -> None:
            ready.append(True)
            another()

        for _ in range(at_once):
            another()
        self.loop.run(lambda: len(ready) == len(wanted), 120, f"{len(wanted)} sockets are answered")
        return opened

    def audience(self, wire: Wire, cookies: list[str]) -> tuple[Room, list[Socket]]:
        """A room full of people: what it costs to come and to be there."""
        room = Room()
        close(self.connect(wire, room, cookies[:20]))  # whatever is made at the first of all
        self.loop.run_for(1)
        memory, meter = self.server.memory(), Meter(self)
        readers = self.connect(wire, room, cookies)
        meter.each("connects", "connect_cpu", len(readers))
        room.readers = len(readers)
        self.loop.run_for(3)
        self.figures["memory"] = (self.server.memory() - memory) / len(readers)
        self.idle("idle", 5)
        return room, readers

    def idle(self, figure: str, seconds: float) -> None:
        """What it costs while nobody says anything."""
        meter = Meter(self)
        self.loop.run_for(seconds)
        meter.stop()
        self.figures[figure] = 100 * meter.cpu / meter.seconds

    def lone(self, room: Room, readers: list[Socket]) -> None:
        """A message now and then, each by somebody else."""
        speakers, received = itertools.cycle(readers), self.loop.received
        with self._told("lone", room, readers, nothing):
            for _ in range(LONE_POSTS):
                next(speakers).say(next(self.numbers))
                self.loop.run_for(1 / LONE_RATE)
        self.figures["bytes"] = (self.loop.received - received) / (LONE_POSTS * len(readers))

    def closed(self, room: Room, readers: list[Socket], in_flight: int) -> None:
        """The next message goes when the last reader has one."""
        speakers, end = itertools.cycle(readers), perf_counter() + SECONDS

        def another(*_: int) -> None:
            if perf_counter() < end:
                next(speakers).say(next(self.numbers))

        with self._told(f"flight{in_flight}", room, readers, another):
            for _ in range(in_flight):
                another()

    @contextmanager
    def _told(self, name: str, room: Room, readers: list[Socket], then: Callable[[int], None]) -> Iterator[None]:
        """Time each message to its last reader; `then` is called after that."""
        late: list[float] = []

        def complete(number: int) -> None:
            late.append(1000 * (perf_counter() - room.sent_at[number]))
            then(number)

        room.complete = complete
        meter = Meter(self)
        yield
        self.settle(room, readers)
        meter.each(f"{name}_rate", f"{name}_cpu", len(late) * len(readers), 1e6)
        self.figures[f"{name}_p50"], self.figures[f"{name}_worst"] = statistics.median(late), max(late)

    def settle(self, room: Room, readers: list[Socket]) -> None:
        """Wait until everybody has everything, and writers know that theirs was stored."""

        def waiting() -> list[Socket]:
            return [each for each in readers if each.wire.acknowledges and each.acked != each.said]

        with suppress(Late):
            self.loop.run(lambda: room.settled and not waiting(), PATIENCE, "everything")
        room.complete = nothing
        behind = [each for each in readers if each.at != len(room.order)]
        if room.posted or behind or waiting():
            raise Wrong(
                f"after {PATIENCE} s {len(room.posted)} messages have reached nobody, {len(behind)} of {len(readers)} "
                f"readers have not heard all, {len(waiting())} have no answer to what they said"
            )

    def leave(self, room: Room, readers: list[Socket]) -> None:
        """Close these sockets, after a moment in which nothing more may come."""
        self.loop.run_for(0.3)
        self.settle(room, readers)
        close(readers)


class Pages(Scenario):
    """Pages of rooms, and their forms without script."""

    def __init__(self, server: Server, loop: Loop, cookies: list[str]) -> None:
        super().__init__(server, loop)
        self.cookies = cookies

    def page(self, slug: str, cookie: str) -> Answer:
        """A room's page, over a connection of its own."""
        http = Http(self.loop, self.server.port)
        page = http.get(f"/rooms/{slug}/", cookie)
        http.close()
        return page

    def forms(self, slug: str, room: Room, stored: Callable[[], None] = nothing) -> None:
        """People without script send the form of a room's page again and again, until all of it is `stored`."""
        people = self.cookies[-POSTERS - FORM_WRITERS :][:FORM_WRITERS]  # who has not just posted as much as one may
        writers = [Form(self, room, slug, cookie) for cookie in people]
        meter = Meter(self)
        for writer in writers:
            writer.http = Http(self.loop, self.server.port)  # only now: idle connections are closed after 5 s
            writer.post()
        self.loop.run(lambda: all(each.posted == TEXTS for each in writers), 120, "every form is answered")
        stored()
        meter.each("forms", "form_cpu", FORM_WRITERS * TEXTS)
        close(writer.http for writer in writers)

    def pages(self, slug: str) -> None:
        """A few connections load a room's page, each time as somebody else."""
        sizes, end = [], perf_counter() + SECONDS

        def answered(_: str, answer: Answer) -> None:
            if (shown := len(set(re.findall(rb"bench-\d{6}", answer.body)))) != 50:
                raise Wrong(f"a page shows {shown} of 50 messages")
            sizes.append(len(answer.body))

        people = itertools.takewhile(lambda _: perf_counter() < end, itertools.cycle(self.cookies))
        meter = Meter(self)
        self.load((slug, cookie, answered) for cookie in people)
        meter.each("pages", "page_cpu", len(sizes))
        self.figures["page_size"] = statistics.mean(sizes) / 1024

    def load(self, wanted: Iterable[tuple[str, str, Callable[[str, Answer], None]]]) -> None:
        """Load pages of rooms, a few at a time: the room, whose cookie, what is called with the room and its page."""
        waiting, lines = iter(wanted), {Http(self.loop, self.server.port) for _ in range(PAGE_LINES)}

        def another(http: Http) -> None:
            if one := next(waiting, None):
                slug, cookie, then = one
                http.ask(200, f"/rooms/{slug}/", cookie, lambda answer: answered(http, slug, then, answer))
            else:
                lines.discard(http)
                http.close()

        def answered(http: Http, slug: str, then: Callable[[str, Answer], None], answer: Answer) -> None:
            then(slug, answer)
            another(http)

        for http in list(lines):
            another(http)
        self.loop.run(lambda: not lines, 240, "every page is answered")


class Product(Pages):
    """The product's own scenarios: acknowledgements and resumes."""

    def wire(self, slug: str) -> Parlour:
        """What a page of this room, loaded now, would say hello with."""
        return Parlour(slug, cursors(self.page(slug, self.cookies[0])))

    def resume(self, slug: str, room: Room, cookies: list[str]) -> None:
        """All were cut off and missed some messages; they come back at the same moment with the cursors they had."""
        self.loop.run_for(1)
        wire, at = self.wire(slug), len(room.order)
        writers = self.connect(wire, room, self.cookies[-2:])
        room.readers = len(writers)
        for writer in itertools.islice(itertools.cycle(writers), MISSED):
            writer.say(next(self.numbers))
            self.settle(room, writers)
        meter = Meter(self)
        back = self.connect(wire, room, cookies, at, len(cookies))
        self.loop.run(lambda: all(each.at == len(room.order) for each in back), PATIENCE, "what was missed")
        meter.each("resumes", "resume_cpu", len(back))
        self.figures["resume"] = meter.seconds
        self.leave(room, [*back, *writers])

    def rooms(self, cookies: list[str]) -> None:
        """Everybody is in a room of their own, where nobody says anything."""
        slugs = {f"bench-{number}": cookie for number, cookie in enumerate(cookies)}
        wires: dict[str, Parlour] = {}

        def keep(slug: str, page: Answer) -> None:
            wires[slug] = Parlour(slug, cursors(page))

        self.load([(slug, cookie, keep) for slug, cookie in slugs.items()])
        rooms = [Room() for _ in cookies]
        sockets = self.open([(wires[slug], room, slugs[slug]) for slug, room in zip(slugs, rooms, strict=True)])
        self.loop.run_for(3)
        self.idle("idle_rooms", IDLE)
        for room, one in list(zip(rooms, sockets, strict=True))[:SPOT_CHECKS]:
            room.readers = 1
            one.say(next(self.numbers))
            self.settle(room, [one])
        close(sockets)

    def posters(self, slug: str) -> None:
        """Many people say things as fast as they are acknowledged, and hear each other."""
        room = Room()
        people = self.connect(self.wire(slug), room, self.cookies[-POSTERS:])
        room.readers = len(people)

        def another(person: Socket) -> None:
            if person.said < TEXTS:
                person.say(next(self.numbers))

        meter = Meter(self)
        for person in people:
            person.on_ack = another
            another(person)
        self.settle(room, people)
        meter.each("posts", "post_cpu", POSTERS * TEXTS)
        self.leave(room, people)


class Form:
    """Somebody without script who has loaded a room's page."""

    http: Http

    def __init__(self, scenario: Pages, room: Room, slug: str, cookie: str) -> None:
        self.numbers, self.room, self.path, self.posted = scenario.numbers, room, f"/rooms/{slug}/messages/", 0
        page = scenario.page(slug, cookie)
        self.fields = dict(FIELD.findall(page.body.decode()))
        sent = re.search(r"(?i)set-cookie: *(csrftoken=[^;]+)", page.head)
        self.cookie = f"{cookie}; {sent[1]}" if sent else cookie

    def post(self, *answers: Answer) -> None:
        """Send the form, and again when it is answered."""
        self.posted += len(answers)
        if self.posted < TEXTS:
            number = next(self.numbers)
            self.room.post(number)
            said = {"kind": "say", "acked": self.posted, "text": f"bench-{number:06} {Parlour.filler}"}
            self.http.ask(302, self.path, self.cookie, self.post, urllib.parse.urlencode(self.fields | said))


def cursors(page: Answer) -> list[str]:
    return [value for name, value in FIELD.findall(page.body.decode()) if name == "cursor"]


def close(connections: Iterable[Connection]) -> None:
    for connection in connections:
        connection.close()


@contextmanager
def measured(server: Server) -> Iterator[tuple[Server, Loop]]:
    """A server and a client for it; both end with the block."""
    loop = Loop()
    try:
        yield server, loop
    finally:
        loop.close()
        server.stop()


def product(tree: Checkout, kind: str, readers: int, quick: bool) -> Figures:
    """The figures of the product under one kind of server."""
    people = tree.cookies[:readers]
    with measured(tree.start(kind)) as (server, loop):
        bench = Product(server, loop, tree.cookies)
        room, audience = bench.audience(bench.wire("bench-audience"), people)
        fan_out(bench, room, audience, 8)
        if quick:
            return bench.figures
        bench.resume("bench-audience", room, people)
        bench.posters("bench-posters")
        room = Room()
        listeners = bench.connect(bench.wire("bench-forms"), room, people[:FORM_READERS])
        room.readers = len(listeners)
        bench.forms("bench-forms", room, lambda: bench.settle(room, listeners))
        bench.leave(room, listeners)
        bench.pages("bench-posters")
    bench.figures["statements"] = tree.statements("/rooms/bench-posters/")
    return bench.figures


def rooms(tree: Checkout, kind: str, readers: int) -> Figures:
    """As many rooms as readers, on a server of their own, since a page names rooms."""
    with measured(tree.start(kind, readers)) as (server, loop):
        bench = Product(server, loop, tree.cookies)
        bench.rooms(tree.cookies[:readers])
        return {"idle_rooms": bench.figures["idle_rooms"]}


def peer(other: Peer, readers: int) -> Figures:
    """What a peer has in common with the product."""
    if other.wire is None:
        return plain(other)
    with measured(other.start()) as (server, loop):
        bench = Scenario(server, loop)
        room, audience = bench.audience(other.wire(), [""] * readers)
        fan_out(bench, room, audience, other.keeps_up_with)
        return bench.figures


def plain(other: Peer) -> Figures:
    """Pages and forms of plain Django; every text must be in its database once."""
    cookies = seed_plain()
    with measured(other.start()) as (server, loop):
        bench, room = Pages(server, loop, cookies), Room()
        bench.forms("bench-forms", room)
        bench.pages("bench-forms")
    with closing(sqlite3.connect(PLAIN / "db.sqlite3")) as database:
        texts = [text for (text,) in database.execute("SELECT substr(text, 7, 6) FROM bench_message")]
    if sorted(texts) != sorted(f"{number:06}" for number in room.posted):
        raise Wrong(f"{len(texts)} texts are stored of {len(room.posted)}")
    return bench.figures


def fan_out(bench: Scenario, room: Room, audience: list[Socket], most: int) -> None:
    """One message at a time, and `most` in flight; a peer that cannot do more than one does nothing else."""
    if most > 1:
        bench.lone(room, audience)
    bench.closed(room, audience, 1)
    if most > 1:
        bench.closed(room, audience, most)
    bench.leave(room, audience)
