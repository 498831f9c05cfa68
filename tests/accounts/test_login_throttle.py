"""Passwords are hashed a few at a time: whoever comes with others waits a moment, and pages are answered meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.http import HttpResponse

from accounts import login_throttle
from tests.waiting import until


@pytest.fixture
def sign_in(rf, monkeypatch):
    """sign_in() posts a password in a thread of its own; hashing goes on until `sign_in.hashed` is set."""
    hashed, hashing = Event(), []
    monkeypatch.setattr(login_throttle, "render", lambda *_, status: HttpResponse(status=status))

    def hash_slowly(request):
        hashing.append(request)
        hashed.wait(10)
        return HttpResponse("in")

    pages = login_throttle.limit_hashing(hash_slowly)
    with ThreadPoolExecutor(40) as threads:

        def sign_in(path="/accounts/login/"):
            return threads.submit(lambda: pages(rf.post(path)).status_code)

        sign_in.hashed, sign_in.hashing = hashed, hashing
        yield sign_in
        hashed.set()


def test_six_who_sign_in_at_once_wait_a_moment_and_are_all_let_in(sign_in):
    six = [sign_in() for _ in range(6)]
    until(lambda: len(sign_in.hashing) == login_throttle.AT_ONCE)
    assert not any(each.done() for each in six)
    sign_in.hashed.set()
    assert [each.result(5) for each in six] == [200] * 6
    assert [each.path for each in sign_in.hashing] == ["/accounts/login/"] * 6


def test_a_flood_is_told_to_come_back_and_holds_no_more_threads_than_six(sign_in):
    flood = [sign_in() for _ in range(30)]
    until(lambda: sum(each.done() for each in flood) == 24)
    assert len(sign_in.hashing) == login_throttle.AT_ONCE
    sign_in.hashed.set()
    assert sorted(each.result(5) for each in flood) == [200] * 6 + [429] * 24


def test_whoever_is_turned_away_reads_why_and_when_to_come_back(client, db, monkeypatch):
    monkeypatch.setattr(login_throttle, "WITHIN", 0)
    answer = client.post("/accounts/login/", {"username": "ann"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "3")
    assert "wait a few seconds" in answer.content.decode()


def test_nobody_waits_for_ever(sign_in, monkeypatch):
    monkeypatch.setattr(login_throttle, "PATIENCE", 0.1)
    three = [sign_in() for _ in range(3)]
    until(lambda: any(each.done() for each in three))
    sign_in.hashed.set()
    assert sorted(each.result(5) for each in three) == [200, 200, 429]


def test_a_turn_comes_back_when_a_page_fails(rf):
    def fail(request):
        raise ValueError

    pages = login_throttle.limit_hashing(fail)
    for _ in range(login_throttle.WITHIN + 1):
        with pytest.raises(ValueError):
            pages(rf.post("/accounts/login/"))


@pytest.mark.parametrize("path", ["/accounts/reset/MQ/set-password/", "/accounts/delete/", "/accounts/password/"])
def test_whoever_changes_or_types_a_password_waits_too(sign_in, path):
    for _ in range(9):
        sign_in(path)
    until(lambda: len(sign_in.hashing) >= login_throttle.AT_ONCE)
    assert len(sign_in.hashing) == login_throttle.AT_ONCE


def test_other_pages_do_not_wait(sign_in):
    pages = [sign_in("/rooms/lobby/messages/") for _ in range(9)]
    until(lambda: len(sign_in.hashing) == 9)
    assert {each.path for each in sign_in.hashing} == {"/rooms/lobby/messages/"}
    sign_in.hashed.set()
    assert {each.result(5) for each in pages} == {200}
