"""One verb says it: many texts a commit, each stored once, by whoever may and where they may."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parlour import by_pk
from parlour.models import read_heads
from rooms import posting
from rooms.markup import TextRejected
from rooms.models import Membership, Message, Room, nearest_rooms
from rooms.posting import post, prepare, submit
from rooms.send_once import NumberedText
from rooms.unread import move
from tests.parlour.messages import numbers
from tests.rooms.posts import say

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "0123456789abcdef"


def one(room, person, text, n=1, page=PAGE):
    return prepare(room.pk, person.pk, NumberedText(page, n, text))


def texts(room):
    return list(room.messages.order_by("seq").values_list("text", flat=True))


def test_a_message_that_another_process_put_between_two_of_one_author_parts_them(ann, ben, lobby, monkeypatch):
    say(ann, lobby, "first")
    alert, between = posting.mentions.alert, Barrier(2)

    def wait(change, rows):
        if rows and rows[0][0].author == ann:
            between.wait(10)
            with suppress(BrokenBarrierError):  # on SQLite one write waits for the other
                between.wait(0.5)
        return alert(change, rows)

    def second():
        try:
            return say(ann, lobby, "second")
        finally:
            connection.close()

    monkeypatch.setattr(posting.mentions, "alert", wait)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(second)
        between.wait(10)
        other = say(ben, lobby, "between")
        with suppress(BrokenBarrierError):
            between.wait(0.5)
        row = writing.result()
    assert (row.heading_at == row.created) == (row.seq > other.seq)


def test_many_texts_of_many_people_in_many_rooms_are_one_commit(ann, ben, lobby):
    other = Room.objects.create(title="Other", owner=ann)
    rows = post([one(lobby, ann, "a"), one(other, ben, "b"), one(lobby, ben, "c")])
    assert [(row.room.title, row.author.name, row.seq) for row in rows] == [
        ("Lobby", "Ann", 1),
        ("Other", "Ben", 1),
        ("Lobby", "Ben", 2),
    ]


def test_a_repeat_gives_the_message_that_is_there_and_is_known_by_its_cleaned_text(ann, lobby):
    [first] = post([one(lobby, ann, " once\r\n")])
    [again] = post([one(lobby, ann, "once\u202e")])
    assert (again.pk, texts(lobby), read_heads([lobby.stream])) == (first.pk, ["once"], {lobby.stream: 1})


def test_another_text_under_a_taken_number_is_kept_beside_it(ann, lobby):
    post([one(lobby, ann, "first")])
    kept = [post([one(lobby, ann, "second")])[0] for _ in range(3)]
    assert texts(lobby) == ["first", "second"]
    assert len({row.pk for row in kept}) == 1
    assert kept[0].page != PAGE


def rows_values(row):
    return {name: value for name, value in vars(row).items() if name != "_state"}


def test_a_row_that_was_asked_for_by_written_out_sql_has_what_a_querysets_has(ann, lobby):
    post([one(lobby, ann, "hello")])
    for row in (ann, lobby, Message.objects.get()):
        read, usual = by_pk(type(row), [row.pk])[row.pk], type(row)._default_manager.get(pk=row.pk)
        assert rows_values(read) == rows_values(usual)
        assert (read._state.db, read._state.adding) == ("default", False)


def test_the_rooms_beside_a_conversation_have_what_a_queryset_gives_them(ann, ben, lobby, team):
    post([one(lobby, ann, "hello")])
    move({(ann.pk, lobby.pk): 1})
    for person in (ann, ben, AnonymousUser()):
        usual = list(Room.objects.visible_to(person).nearest_to(person).with_position(person)[:9])
        assert [rows_values(room) for room in nearest_rooms(person, 0, 9)] == [rows_values(room) for room in usual]
        assert usual[0].last_pk == Message.objects.get().pk


def test_sqlite_finds_what_was_sent_by_its_number_and_does_not_read_all_that_its_author_wrote(ann, lobby):
    with CaptureQueriesContext(connection) as seen:
        post([one(lobby, ann, "hello")])
        assert Message.objects.highest(ann.pk, PAGE) == 1
    lookup, highest = (query["sql"] for query in seen if "sent.page" in query["sql"] or "MAX(n)" in query["sql"])
    with connection.cursor() as cursor:
        for sql, columns in ((lookup, "author_id=? AND page=? AND n=?"), (highest, "author_id=? AND page=?")):
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            assert f"parlour_rooms_message_sent_once ({columns})" in str(cursor.fetchall())


def test_two_people_with_one_page_id_do_not_meet_and_what_counts_nothing_is_stored_each_time(ann, ben, lobby):
    post([one(lobby, ann, "same"), one(lobby, ben, "same")])
    post([one(lobby, ann, "hi", 0, ""), one(lobby, ann, "hi", 0, "")])
    assert texts(lobby) == ["same", "same", "hi", "hi"]


def test_the_same_text_from_eight_threads_is_stored_once(ann, lobby):
    """A page that reconnects quickly sends through several sockets and processes."""

    def say(_):
        try:
            return posting.commits.submit([one(lobby, ann, "once")]).result(10)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(say, range(24)))
    assert len({row.pk for row in rows}) == 1
    assert numbers(lobby) == [1]


def test_a_right_is_asked_for_when_it_is_written(ann, ben, lobby):
    ready = one(lobby, ben, "too late")
    Room.objects.filter(pk=lobby.pk).update(access=Room.Access.MEMBERS)
    [why] = post([ready])
    assert isinstance(why, TextRejected)
    assert "may not write" in str(why)
    Membership.objects.create(room=lobby, person=ben)
    assert isinstance(post([ready])[0], Message)


def test_a_room_that_is_gone_says_so_and_the_others_are_served(ann, lobby):
    other = Room.objects.create(title="Other", owner=ann)
    gone, ready = one(other, ann, "to nobody"), one(lobby, ann, "to you")
    other.delete()
    why, row = post([gone, ready])
    assert str(why) == "This room is gone."
    assert row.text == "to you"


def test_what_cannot_be_said_never_reaches_a_commit(ann, lobby):
    for text in ("\u200b", "x" * 4001):
        [outcome] = submit(ann, lobby.pk, [NumberedText(PAGE, 1, text)]).result(0)
        assert isinstance(outcome, TextRejected)
    assert read_heads([lobby.stream]) == {lobby.stream: 0}


def test_who_is_too_fast_is_told_so_in_all_their_tabs(ann, ben, lobby, post_rate):
    post_rate("0.001/3")
    outcomes = [submit(ann, lobby.pk, [NumberedText("", 0, "x")]).result(10)[0] for _ in range(5)]
    assert [isinstance(each, TextRejected) for each in outcomes] == [False, False, False, True, True]
    assert isinstance(submit(ben, lobby.pk, [NumberedText("", 0, "x")]).result(10)[0], Message)


def test_lines_by_one_person_within_five_minutes_share_a_heading(ann, ben, lobby, monkeypatch):
    rows, now = [], timezone.now()
    for minute, person in [(0, ann), (1, ann), (4, ann), (6, ann), (7, ben), (8, ann)]:
        with monkeypatch.context() as clock:
            clock.setattr(timezone, "now", lambda minute=minute: now + timedelta(minutes=minute))
            rows += post([one(lobby, person, f"at {minute}", minute + 1)])
    assert [row.heading_at != row.created for row in rows] == [False, True, True, False, False, False]


def test_whoever_is_nobody_or_too_fast_is_told_so_at_each_text_and_a_project_need_not_set_how_fast(
    ann, lobby, settings
):
    del settings.ROOMS_POST_RATE
    said = [NumberedText(PAGE, n, f"{n}") for n in range(1, 141)]
    nobodys = submit(AnonymousUser(), lobby.pk, said[:2]).result(0)
    assert [str(each) for each in nobodys] == ["Choose a name first, then you can write here."] * 2
    assert all(isinstance(each, Message) for each in submit(ann, lobby.pk, said).result(10))
    assert [str(each) for each in submit(ann, lobby.pk, said[:2]).result(0)] == [str(posting.TOO_FAST)] * 2


def test_all_processes_together_take_twice_what_one_does_and_what_was_sent_before_is_still_confirmed(
    ann, ben, lobby, settings, monkeypatch
):
    settings.ROOMS_POST_RATE = "1/10"
    monkeypatch.setattr(posting, "shared_layer", lambda: "Redis")
    for n in range(1, 20):  # by other processes
        assert isinstance(say(ann, lobby, f"there {n}", "a" * 32, n), Message)
    here = [NumberedText(PAGE, n, f"here {n}") for n in range(1, 9)]

    def outcomes(texts, person=ann):
        return [isinstance(each, Message) for each in submit(person, lobby.pk, texts).result(10)]

    assert outcomes(here[:6]) == [True] * 6  # the bucket was full, and nobody asked
    assert [str(each) for each in submit(ann, lobby.pk, here[6:7]).result(10)] == [str(posting.TOO_FAST)]
    assert outcomes(here[5:6]) == [True]
    assert all(outcomes(here[:6], ben) + outcomes(here[6:8], ben)), "another person"
