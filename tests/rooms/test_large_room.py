"""A room of 100,000 messages is as quick as one of 100: its page, its history, search, coming back, posting."""

import random
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from parlour.models import Head
from parlour.streams import Ask
from rooms.models import Message, Room
from rooms.permissions import rights
from rooms.search import results, search
from rooms.streams import RoomRegion
from tests.rooms.posts import say

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
SIZES = {"small": 100, "large": 100_000}
WORDS = [f"word{number}" for number in range(3000)]
ROUNDS, SPARE = 9, 0.004  # of which the quickest counts; seconds that may differ on a busy machine


def fill(room, authors, size):
    """Messages of common and of rare words, a minute apart."""
    chance, start = random.Random(size), timezone.now() - timedelta(minutes=size)
    rows, before = [], None
    for seq in range(1, size + 1):
        text = " ".join(["the", *chance.choices(WORDS, k=10), *["needle"] * (seq % (size // 5) == 7)])
        at = start + timedelta(minutes=seq)
        times = {"created": at, "heading_at": at, "previous_at": before}
        author = authors[seq % len(authors)]
        rows.append(
            Message(room=room, author=author, text=text, html=f"<p>{text}</p>\n", seq=seq, changed=seq, **times)
        )
        before = at
    Message.objects.bulk_create(rows, batch_size=2000)
    Head.objects.update_or_create(name=room.stream, defaults={"seq": size})


@pytest.fixture
def rooms(ann, ben):
    rooms = {name: Room.objects.create(title=name, owner=ann) for name in SIZES}
    for name, room in rooms.items():
        fill(room, [ann, ben], SIZES[name])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return rooms


def acts(person, client, room):
    """What people do in a room, by name."""
    newest = room.messages.latest("seq")
    middle = room.messages.get(seq=newest.seq // 2)
    region = RoomRegion(room, rights(person, room))
    back = [Ask(newest.seq - 50, region.log.variant(person), region.log.heads)]
    address = room.get_absolute_url()

    def found(words, most, where=room):
        shown = results(list(search(person, words, where)[:21]), words)
        assert len(shown) == most, (words, len(shown))

    return {
        "page": lambda: shows(client, address, newest),
        "message": lambda: shows(client, middle.get_absolute_url(), middle),
        "history": lambda: shows(client, f"{address}?upto={middle.seq}", middle),
        "resume": lambda: region.log.answer(back),
        "a common word": lambda: found("the", 21),
        "a rare word": lambda: found("needle", 5),
        "a beginning": lambda: found("t", 21),
        "two words": lambda: found("the need", 5),
        "everywhere": lambda: found("the", 21, None),
        "nothing": lambda: found("the nowhere", 0),
        "post": lambda: say(person, room, "something new"),
    }


def shows(client, address, row):
    answer = client.get(address)
    assert row.text in answer.content.decode(), (answer.status_code, address)


def quickest(work):
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)


def scans(work):
    """The statements that read all messages one by one, as the database plans them."""
    statements, kept = [], []

    def keep(execute, sql, params, many, context):
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        work()
    with connection.cursor() as cursor:
        for sql, params in statements:
            if sql.startswith(("SELECT", "WITH")) and Message._meta.db_table in sql:
                cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + sql, params)
                plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
                whole = ("SCAN parlour_rooms_message\n", "Seq Scan on parlour_rooms_message ")
                kept += [(sql, plan)] if any(words in plan + "\n" for words in whole) else []
    return kept


def test_all_of_it_takes_as_long_as_in_a_small_room_and_nothing_reads_all_messages(rooms, ann, client):
    client.force_login(ann)
    in_small, in_large = (acts(ann, client, rooms[name]) for name in SIZES)
    took = {}
    for name, act in in_large.items():
        assert scans(act) == [], name
        took[name] = quickest(in_small[name]), quickest(act)
    figures = {name: tuple(f"{each * 1000:.1f} ms" for each in pair) for name, pair in took.items()}
    print(figures)
    assert [name for name, (small, large) in took.items() if large > 2 * small + SPARE] == [], figures
