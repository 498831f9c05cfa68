"""Five people do five hundred things at random, on bad lines, at servers that lose hints: all is right in the end."""

import json
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

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
KINDS = ["👍", "❤️", "😄", "🎉", "🙏", "👀"]
ROWS = "SELECT id, author_id, text, reactions, pinned, seq FROM parlour_rooms_message ORDER BY seq"
ALERTED = "SELECT audience, about, count(*) FROM parlour_alerts_alert WHERE kind = 'mention' GROUP BY audience, about"


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
    servers = [deployment.start_server("uvicorn"), deployment.start_server("daphne")]
    lines = [flaky_proxy(servers[n % 2]) for n in range(len(PEOPLE))]
    walk = Walk(deployment, [Walker(name, line, "lobby") for name, line in zip(PEOPLE, lines, strict=True)], seed)
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
        self.done = 0
        self.said: dict[str, str] = {}  # who said each text
        self.mentioned: Counter[tuple[str, str]] = Counter()  # whom each text names
        self.reactions: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.pinned: set[int] = set()
        self.acts = {
            self.says: 8,
            self.mentions: 2,
            self.reacts: 6,
            self.react_at_once: 1,
            self.pins: 2,
            self.attends: 2,
            self.is_cut: 1,
        }

    def goes_on(self) -> None:
        """One more thing. Whose line is cut comes back at some time, or when nearly everybody's is."""
        for each in self.people:
            each.look()
        cut = [each for each in self.people if each.is_cut]
        if cut and (len(cut) > 2 or self.dice.random() < 0.2):
            self.dice.choice(cut).come_back()
        who = self.dice.choice([each for each in self.people if not each.is_cut])
        [act] = self.dice.choices(list(self.acts), list(self.acts.values()))
        self.done += act(who) is not False

    def says(self, who: Walker, words: str = "says") -> None:
        text = f"{who.name} {words} {len(self.said)}"
        self.said[text] = who.name
        who.say(text)

    def mentions(self, who: Walker) -> None:
        whom = self.dice.choice([name for name in PEOPLE if name != who.name])
        self.mentioned[whom, f"{who.name} asks @{whom} {len(self.said)}"] += 1
        self.says(who, f"asks @{whom}")

    def reacts(self, who: Walker) -> bool:
        if not (rows := self.stored()):
            return False
        pk, kind = self.dice.choice(rows)[0], self.dice.choice(KINDS)
        assert not who.act(react=f"{pk} {kind}")
        self.reactions[pk][kind] ^= {who.name}
        return True

    def react_at_once(self, _: Walker) -> bool:
        """All who are connected, to one message in one way."""
        if not (rows := self.stored()):
            return False
        pk, kind = rows[-1][0], self.dice.choice(KINDS)
        there = [each for each in self.people if not each.is_cut]
        with ThreadPoolExecutor(len(there)) as many:
            assert not any(many.map(lambda each: each.act(react=f"{pk} {kind}"), there))
        self.reactions[pk][kind] ^= {each.name for each in there}
        return True

    def pins(self, who: Walker) -> bool:
        """Staff pin, and unpin; others may not."""
        if not (rows := self.stored()):
            return False
        pk = self.dice.choice([*self.pinned, *(row[0] for row in rows)] if who.name == "staff" else rows[0][:1])
        words = who.act(**{"unpin" if pk in self.pinned else "pin": pk})
        if who.name != "staff" or (len(self.pinned) == 20 and pk not in self.pinned):
            assert words
        else:
            assert not words
            self.pinned ^= {pk}
        return True

    def attends(self, who: Walker) -> None:
        who.attend()

    def is_cut(self, who: Walker) -> None:
        who.cut()

    def stored(self) -> list[tuple[Any, ...]]:
        """The newest messages."""
        return [row for row in self.deployment.rows(ROWS) if row[2] in self.said][-30:]

    def comes_to_rest(self) -> None:
        """Every page equals a fresh load, and the database holds what was done, each thing once."""
        for each in self.people:
            each.come_back()
        eventually(self._is_at_rest, 60, "all that was said is confirmed and shown")
        rows = self.deployment.rows(ROWS)
        assert Counter(row[2] for row in rows if row[2] in self.said) == Counter(list(self.said))
        names = {pk: name for name, pk in self.pks.items()}
        for pk, author, text, reactions, pinned, _ in rows:
            assert names[author] == self.said.get(text, names[author])
            stored = json.loads(reactions) if isinstance(reactions, str) else reactions or {}
            wanted = {kind: {str(self.pks[name]) for name in who} for kind, who in self.reactions[pk].items() if who}
            assert {kind: set(who) for kind, who in stored.items()} == wanted
            assert all(len(set(who)) == len(who) for who in stored.values())
            assert (pinned is not None) == (pk in self.pinned)
        self.alerts_reached_each_person_once({row[2]: row[0] for row in rows})
        for each in self.people:
            self.counts_are_right(each)

    def counts_are_right(self, who: Walker) -> None:
        """What a page counts is what was done."""
        page = who.room.page
        links = [link.attrs["href"] for link in _part(page, "room-lobby-pinned", "a")]
        assert sorted(links) == sorted(f"?at={pk}#room-lobby-{pk}" for pk in self.pinned)
        for line in _part(page, "room-lobby-log", "li"):
            pk = int(line.attrs.get("id", "").rpartition("-")[2] or 0)
            counted = {each.find("button")[0].text: each.text for each in line.find("span") if "data-by" in each.attrs}
            assert counted == {kind: f"{kind}{len(who)}" for kind, who in self.reactions[pk].items() if who}
        assert [each.text for each in _part(page, "room-lobby-count", "span")] == [str(len(self.people))]

    def alerts_reached_each_person_once(self, pks: dict[str, int]) -> None:
        told = {(audience.partition("/")[0], about): n for audience, about, n in self.deployment.rows(ALERTED)}
        wanted = {(f"user.{self.pks[whom]}", f"parlour_rooms.message:{pks[text]}"): 1 for whom, text in self.mentioned}
        assert told == wanted

    def _is_at_rest(self) -> bool:
        for each in self.people:
            each.look()
        assert not [text for each in self.people for text in each.room.unconfirmed]
        differences = [each.differs_from_a_fresh_page() for each in self.people]
        assert not any(differences), next(filter(None, differences))
        return True


def _part(page: Page, name: str, tag: str) -> list[Node]:
    """All elements of this kind in a part of a page, itself included."""
    part = page.by_id(name)
    return part.find(tag) if part else []
