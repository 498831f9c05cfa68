"""A room of 300,000 messages beside one of 100, each with a server and a database of its own, asked in turn. A figure
is what the large one takes of the processor, with PostgreSQL's part, over what the small one takes.
"""

import itertools
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from bench.load import Http, Loop, Room, Wrong
from bench.results import Figures, Rows, alone
from bench.scenarios import Product, close, measured
from bench.servers import ROOT, Checkout, Server, cpu, family
from e2e.support.postgres import Postgres

SMALL, TIMES = 100, 300  # messages; of the large room for each reader
PEOPLE, ROUNDS, EACH = 100, 5, 10  # rounds, of which the median counts, and how often each thing is done in one
SEARCHES = {
    "search": "?q=the",
    "search_room": "?q=the&room=bench-audience",
    "search_rare": "?q=number{middle}",
    "search_none": "?q=the+number0",
    "search_by": "?q=number{middle}&by=nobody",
}
WHAT = {
    "page": "its page",
    "at": "   its page around an old message",
    "older": "   fifty older messages",
    "resume": "coming back, 20 messages behind",
    "post": "posting",
    "search": "searching a common word",
    "search_room": "   in the room alone",
    "search_rare": "   a word of one message",
    "search_none": "   a common word and one that nobody wrote",
    "search_by": "   of somebody who wrote none",
}
LABELS = {"sqlite": "300,000 messages beside 100, SQLite", "postgresql": "300,000 messages beside 100, PostgreSQL"}
ROWS: Rows = {
    f"large_{database}_{name}": (what if what[0] == " " else f"{label}: {what}, x", "≤ 1.3")
    for database, label in LABELS.items()
    for name, what in WHAT.items()
}


class LargeRoom(Product):
    """A server whose room has so many messages, and what people do there."""

    def __init__(
        self, tree: Checkout, messages: int, server: Server, loop: Loop, database: Callable[[], float]
    ) -> None:
        super().__init__(server, loop, tree.cookies)
        self.messages, self.middle, self.database = messages, messages // 2, database
        self.costs: dict[str, list[float]] = defaultdict(list)
        self.people = itertools.cycle(self.cookies)
        self.room = Room()

    @contextmanager
    def cost(self, name: str, many: int) -> Iterator[None]:
        """Note what each of `many` takes."""
        before = self.server.cpu() + self.database()
        yield
        self.costs[name].append((self.server.cpu() + self.database() - before) / many)

    def do_all(self) -> None:
        self.pages("page", "/rooms/bench-audience/", 50)
        self.pages("at", f"/rooms/bench-audience/?at={self.middle}", 51)
        self.pages("older", f"/rooms/bench-audience/older/?upto={self.middle}", 50)
        for name, query in SEARCHES.items():
            found = {"search_rare": 1, "search_none": 0, "search_by": 0}.get(name, 20)
            self.pages(name, f"/search/{query.format(middle=self.middle)}", found)
        self.post()
        self.resume()

    def pages(self, name: str, path: str, most: int) -> None:
        """Load a page, each time as somebody else; it must show so many messages."""
        http = Http(self.loop, self.server.port)
        bodies = [http.get(path, next(self.people)).body]
        with self.cost(name, EACH):
            bodies += [http.get(path, next(self.people)).body for _ in range(EACH)]
        http.close()
        for body in bodies:
            shown = len(re.findall(rb'<p class="hit">|<li id="[^"]+" class="pl-message', body))
            if shown != most:
                raise Wrong(f"{path} shows {shown} messages of {most}, in a room of {self.messages}")

    def post(self) -> None:
        people = self.connect(self.wire("bench-audience"), self.room, self.cookies[:EACH])
        self.room.readers = len(people)
        with self.cost("post", 2 * EACH):
            for person in [*people, *people]:
                person.say(next(self.numbers))
                self.settle(self.room, people)
        close(people)

    def resume(self) -> None:
        wire, at = self.wire("bench-audience"), len(self.room.order)
        [writer] = self.connect(wire, self.room, self.cookies[:1])
        self.room.readers = 1
        for _ in range(20):
            writer.say(next(self.numbers))
            self.settle(self.room, [writer])
        with self.cost("resume", EACH):
            back = self.connect(wire, self.room, self.cookies[:EACH], at)
            self.loop.run(lambda: all(each.at == len(self.room.order) for each in back), 30, "what was missed")
        close([*back, writer])


@contextmanager
def large_room(database: str, messages: int) -> Iterator[LargeRoom]:
    """A server of its own with a room of so many messages."""
    with ExitStack() as stack:
        postgres, env = (lambda: 0.0), {}
        if database == "postgresql":
            own = Postgres()
            stack.callback(own.remove)
            env["DATABASE_URL"] = own.url(own.create())
            postgres = lambda: sum(map(cpu, family(own.process.pid)))  # noqa: E731
        tree = Checkout(f"room-{messages}", ROOT, PEOPLE, **env)
        tree.inside(f"fill('bench-audience', {messages})")
        server, loop = stack.enter_context(measured(tree.start("uvicorn")))
        yield LargeRoom(tree, messages, server, loop, postgres)


def figures(readers: int) -> Figures:
    """One repeat, with 300 messages for each of the readers."""
    found: Figures = {}
    for database in LABELS:
        with large_room(database, SMALL) as small, large_room(database, TIMES * readers) as large:
            for turn in range(ROUNDS):
                for each in (small, large)[:: -1 if turn % 2 else 1]:
                    each.do_all()
        for name in WHAT:
            of_small, of_large = (statistics.median(each.costs[name]) for each in (small, large))
            found[f"large_{database}_{name}"] = of_large / of_small
    return found


if __name__ == "__main__":
    sys.exit(alone(ROWS, figures))
