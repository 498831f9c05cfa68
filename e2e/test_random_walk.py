"""Five people do five hundred things at random, on bad lines, at servers that lose hints: all is right in the end."""

import itertools
import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.lossy_redis import LossyRedis
from .support.markup import Node, Page
from .support.redis import Redis
from .support.servers import Server
from .support.waiting import eventually, pause
from .support.walkers import Walker

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
ACTS, SECONDS = 500, 180
PEOPLE = ["staff", "member", "other", "ann", "ben"]
MAKE = """
from django.contrib.auth import get_user_model
for name in ("ann", "ben"):
    get_user_model().objects.create_user(name, password="parlour")
"""
TALK = """
from django.contrib.auth import get_user_model
from rooms.direct import direct_room
print(direct_room(get_user_model().objects.filter(username__in=["ann", "ben", "staff"])).slug)
"""
KINDS = ["👍", "❤️", "😄", "🎉", "🙏", "👀"]
ROWS = """
SELECT message.id, slug, author_id, text, deleted, reactions, pinned, answers_id, quote
FROM parlour_rooms_message message JOIN parlour_rooms_room room ON room.id = room_id ORDER BY message.id
"""
UNREAD = """
SELECT count(*) FROM parlour_rooms_message message JOIN parlour_rooms_room room ON room.id = message.room_id
JOIN parlour_rooms_readposition position ON position.room_id = room.id
WHERE person_id = %s AND room.id = %s AND slug <> %s AND message.seq > position.seq AND author_id <> person_id
AND deleted IS NULL
"""
ALERTED = "SELECT audience, about, count(*) FROM parlour_alerts_alert WHERE kind = %s GROUP BY audience, about"


class Row(NamedTuple):
    """A message as the database has it."""

    pk: int
    slug: str
    author: int
    text: str
    deleted: Any
    reactions: dict[str, list[str]] | None
    pinned: Any
    answers: int | None
    quote: dict[str, Any] | None


class Said(NamedTuple):
    """What should be there of a text: where and who said it, whom it names, and the author of what it answers."""

    slug: str
    who: str
    named: str = ""
    answered: str = ""


@pytest.fixture
def lossy(redis: Redis) -> Iterator[LossyRedis]:
    lossy = LossyRedis(redis.port, share=0.3)
    yield lossy
    lossy.close()


def test_five_hundred_things_done_at_random_are_right_in_the_end(
    new_deployment: Callable[..., Deployment],
    redis: Redis,
    lossy: LossyRedis,
    flaky_proxy: Callable[[Server], FlakyProxy],
    record_property: Callable[[str, object], None],
) -> None:
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))
    deployment = new_deployment(postgres=True, redis_url=redis.url(lossy.port), ROOMS_POST_RATE="1000/1000")
    deployment.manage("shell", "-v0", "-c", MAKE)
    talk = deployment.manage("shell", "-v0", "-c", TALK).split()[-1]
    servers = [deployment.start_server("uvicorn"), deployment.start_server("daphne")]
    pages = [*((name, "lobby") for name in PEOPLE), *((name, talk) for name in ("staff", "ann", "ben"))]
    walkers = [Walker(name, flaky_proxy(servers[n % 2]), slug) for n, (name, slug) in enumerate(pages)]
    walk = Walk(deployment, walkers, seed)
    began = time.monotonic()
    while walk.done < ACTS and time.monotonic() - began < SECONDS:
        walk.goes_on()
        pause(0.1)  # nobody does more than a person may
    record_property(f"{{}} things done (SEED={seed})", walk.done)
    assert walk.done == ACTS, f"{walk.done} in {SECONDS} s"
    walk.comes_to_rest()
    assert lossy.lost > 10


class Walk:
    """What people do at random, and what there should be after it. An act is a method, and how often it is chosen."""

    def __init__(self, deployment: Deployment, people: list[Walker], seed: str) -> None:
        self.deployment, self.people, self.dice = deployment, people, random.Random(seed)
        self.pks: dict[str, int] = dict(deployment.rows("SELECT username, id FROM accounts_user"))
        self.names = {pk: name for name, pk in self.pks.items()}
        self.done, self.numbers = 0, itertools.count(1)
        self.said: dict[str, Said] = {}
        self.deleted: set[int] = set()
        self.reactions: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.pinned: dict[str, set[int]] = defaultdict(set)
        self.acts: dict[Callable[[Walker], Any], int] = {self.says: 7, self.mentions: 2, self.replies: 2, self.edits: 3}
        self.acts |= {self.deletes: 1, self.reacts: 6, self.react_at_once: 1, self.pins: 2}
        self.acts |= {self.attends: 2, self.is_cut: 1}

    def goes_on(self) -> None:
        """One more thing. Whose line is cut comes back at some time, or when many are."""
        for each in self.people:
            each.look()
        cut = [each for each in self.people if each.is_cut]
        if cut and (len(cut) > 3 or self.dice.random() < 0.2):
            self.dice.choice(cut).come_back()
        who = self.dice.choice([each for each in self.people if not each.is_cut])
        [act] = self.dice.choices(list(self.acts), list(self.acts.values()))
        self.done += act(who) is not False

    def stored(self, who: Walker, own: bool = False) -> list[Row]:
        """The newest messages of somebody's room that are stored by now, and not deleted."""
        rows = [Row(*row) for row in self.deployment.rows(ROWS)]
        here = [row for row in rows if row.slug == who.slug and row.text in self.said]
        return [row for row in here if not own or self.names[row.author] == who.name][-30:]

    def company(self, who: Walker) -> list[Walker]:
        """All who are in the same room."""
        return [each for each in self.people if each.slug == who.slug]

    def says(self, who: Walker) -> None:
        self._say(who, f"{who.name} says {next(self.numbers)}", Said(who.slug, who.name))

    def mentions(self, who: Walker) -> None:
        whom = self.dice.choice([each.name for each in self.company(who) if each is not who])
        self._say(who, f"{who.name} asks @{whom} {next(self.numbers)}", Said(who.slug, who.name, named=whom))

    def replies(self, who: Walker) -> bool:
        if not (rows := self.stored(who)):
            return False
        row = self.dice.choice(rows)
        answered = self.names[row.author] if self.names[row.author] != who.name else ""
        self._say(who, f"{who.name} answers {next(self.numbers)}", Said(who.slug, who.name, "", answered), row.pk)
        return True

    def _say(self, who: Walker, text: str, said: Said, answers: int = 0) -> None:
        self.said[text] = said
        who.say(text, answers)

    def edits(self, who: Walker) -> bool:
        if not (rows := self.stored(who, own=True)):
            return False
        row = self.dice.choice(rows)
        text = f"{row.text.partition(' (')[0]} (edited {next(self.numbers)})"
        assert who.edit(row.pk, text) == "Edited."
        self.said[text] = self.said.pop(row.text)
        return True

    def deletes(self, who: Walker) -> bool:
        if not (rows := self.stored(who, own=True)):
            return False
        row = self.dice.choice(rows)
        assert who.act(delete=row.pk) == "Deleted."
        del self.said[row.text]
        self.deleted.add(row.pk)
        self.pinned[who.slug].discard(row.pk)
        self.reactions.pop(row.pk, None)
        return True

    def reacts(self, who: Walker) -> bool:
        if not (rows := self.stored(who)):
            return False
        pk, kind = self.dice.choice(rows).pk, self.dice.choice(KINDS)
        assert not who.act(react=f"{pk} {kind}")
        self.reactions[pk][kind] ^= {who.name}
        return True

    def react_at_once(self, who: Walker) -> bool:
        """All in a room who are connected, to one message in one way."""
        if not (rows := self.stored(who)):
            return False
        pk, kind = rows[-1].pk, self.dice.choice(KINDS)
        there = [each for each in self.company(who) if not each.is_cut]
        with ThreadPoolExecutor(len(there)) as many:
            assert not any(many.map(lambda each: each.act(react=f"{pk} {kind}"), there))
        self.reactions[pk][kind] ^= {each.name for each in there}
        return True

    def pins(self, who: Walker) -> bool:
        """Staff pin and unpin in the lobby; among those who write to each other everybody does."""
        if not (rows := self.stored(who)):
            return False
        pinned = self.pinned[who.slug]
        pk = self.dice.choice([*pinned, *(row.pk for row in rows)])
        words = who.act(**{"unpin" if pk in pinned else "pin": pk})
        if (who.slug == "lobby" and who.name != "staff") or (len(pinned) == 20 and pk not in pinned):
            assert words
        else:
            assert not words
            pinned ^= {pk}
        return True

    def attends(self, who: Walker) -> None:
        who.attend()

    def is_cut(self, who: Walker) -> None:
        who.cut()

    def comes_to_rest(self) -> None:
        """Every page equals a fresh load, and the database holds what was done, each thing once."""
        for each in self.people:
            each.come_back()
        eventually(self._is_at_rest, 60, "all that was said is confirmed and shown")
        rows = {row.pk: row for row in (Row(*row) for row in self.deployment.rows(ROWS))}
        assert {pk for pk, row in rows.items() if row.deleted} == self.deleted
        left = {row.text: row for row in rows.values() if not row.deleted}
        assert left.keys() == self.said.keys()
        assert len(left) + len(self.deleted) == len(rows)
        for row in rows.values():
            self._is_as_it_was_left(row, rows)
        self._alerts_reached_each_person_once(left)
        for each in self.people:
            self._counts_are_right(each)

    def _is_at_rest(self) -> bool:
        for each in self.people:
            each.look()
        assert not [text for each in self.people for text in each.room.unconfirmed]
        differences = [each.differs_from_a_fresh_page() for each in self.people]
        assert not any(differences), next(filter(None, differences))
        return True

    def _is_as_it_was_left(self, row: Row, rows: dict[int, Row]) -> None:
        said = self.said.get(row.text)
        assert row.deleted or (said and (said.slug, said.who) == (row.slug, self.names[row.author]))
        wanted = {kind: {str(self.pks[name]) for name in who} for kind, who in self.reactions[row.pk].items() if who}
        assert {kind: set(who) for kind, who in (row.reactions or {}).items()} == wanted
        assert all(len(set(who)) == len(who) for who in (row.reactions or {}).values())
        assert (row.pinned is not None) == (row.pk in self.pinned[row.slug])
        if row.answers and not row.deleted:
            assert row.quote
            assert row.quote["text"] == rows[row.answers].text

    def _alerts_reached_each_person_once(self, left: dict[str, Row]) -> None:
        """What was deleted alerts nobody any more; what was answered may have been deleted before the answer came."""
        wanted = set()
        for text, said in self.said.items():
            if whom := said.named or (said.answered if left[text].answers else ""):
                wanted.add((f"user.{self.pks[whom]}", f"parlour_rooms.message:{left[text].pk}", 1))
        told = {
            (audience.partition("/")[0], about, n) for audience, about, n in self.deployment.rows(ALERTED, "mention")
        }
        assert told == wanted
        talk = [(f"parlour_rooms.message:{row.pk}", 1) for row in left.values() if row.slug != "lobby"]
        assert sorted((about, n) for _, about, n in self.deployment.rows(ALERTED, "room")) == sorted(talk)

    def _counts_are_right(self, who: Walker) -> None:
        """What a page counts is what was done."""
        page, key = who.room.page, who.room.key
        links = [link.attrs["href"] for link in _part(page, f"{key}-pinned", "a")]
        assert sorted(links) == sorted(f"?at={pk}#{key}-{pk}" for pk in self.pinned[who.slug])
        for line in _part(page, f"{key}-log", "li"):
            pk = int(line.attrs.get("id", "").rpartition("-")[2] or 0)
            counted = {each.find("button")[0].text: each.text for each in line.find("span") if "data-by" in each.attrs}
            assert counted == {kind: f"{kind}{len(who)}" for kind, who in self.reactions[pk].items() if who}
        assert [each.text for each in _part(page, f"{key}-count", "span")] == [str(len(self.company(who)))]
        for name in [name for name in page.ids if name.startswith(f"{key}-unread-")]:
            [(unread,)] = self.deployment.rows(UNREAD, self.pks[who.name], name.rpartition("-")[2], who.slug)
            shown = [pill.text for pill in page.ids[name].find(class_="pl-pill")]
            assert shown == ["99+" if unread > 99 else str(unread)][: bool(unread)]


def _part(page: Page, name: str, tag: str) -> list[Node]:
    """All elements of this kind in a part of a page, itself included."""
    part = page.by_id(name)
    return part.find(tag) if part else []
