"""A crowd at the doors with passwords: whoever floods waits, others get in."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.http import HttpResponse

from accounts import login_throttle
from parlour.limits import network as neighbourhood


@pytest.fixture
def knock(rf, monkeypatch):
    """knock(address) posts a password in a thread of its own; those who got in stay until `knock.go` is set."""
    go, held = Event(), []
    monkeypatch.setattr(login_throttle, "_door", login_throttle.Door())
    monkeypatch.setattr(login_throttle, "render", lambda *_, status: HttpResponse(status=status))

    def hash_slowly(request):
        held.append(request.META["REMOTE_ADDR"])
        go.wait(10)
        return HttpResponse("in")

    pages = login_throttle.limit_hashing(hash_slowly)
    with ThreadPoolExecutor(40) as threads:

        def knock(address, path="/accounts/login/"):
            return threads.submit(lambda: pages(rf.post(path, REMOTE_ADDR=address)).status_code)

        knock.go, knock.held = go, held
        yield knock
        go.set()


def until(condition):
    for _ in range(500):
        if condition():
            return
        Event().wait(0.01)
    raise AssertionError("not within 5 s")


def test_one_address_that_floods_leaves_the_door_open_for_others(knock):
    flood = [knock("192.0.2.1") for _ in range(30)]
    until(lambda: sum(each.done() for each in flood) == 28)
    other = knock("192.0.2.2")
    until(lambda: "192.0.2.2" in knock.held)
    knock.go.set()
    assert other.result(5) == 200
    assert sorted(each.result(5) for each in flood) == [200] * 2 + [429] * 28


def test_addresses_of_one_line_count_as_one(knock):
    flood = [knock(f"2001:db8::{number:x}") for number in range(1, 11)]
    until(lambda: sum(each.done() for each in flood) == 8)
    assert len(knock.held) == 1
    other = knock("2001:db8:0:1::1")
    until(lambda: len(knock.held) == 2)
    knock.go.set()
    assert other.result(5) == 200


def test_many_addresses_take_two_turns_and_three_waiting_places(knock, monkeypatch):
    monkeypatch.setattr(login_throttle, "PATIENCE", 0.2)
    crowd = [knock(f"192.0.2.{number}") for number in range(10)]
    until(lambda: sum(each.done() for each in crowd) == 8)
    assert len(knock.held) == 2


def test_a_newcomer_takes_the_place_of_whoever_had_most_turns(knock, monkeypatch):
    monkeypatch.setattr(login_throttle, "PATIENCE", 10)
    flooders = [f"192.0.2.{number}" for number in range(5)]
    knock.go.set()
    for address in [*flooders, *flooders, flooders[2]]:
        assert knock(address).result(5) == 200
    knock.go.clear()
    flood = {}
    for place, address in enumerate(flooders, 1):
        flood[address] = knock(address)
        until(lambda place=place: len(login_throttle._door.inside) + len(login_throttle._door.waiting) == place)
    newcomer = knock("192.0.2.9")
    assert flood[flooders[2]].result(5) == 429
    knock.go.set()
    assert newcomer.result(5) == 200
    assert {flood[each].result(5) for each in flooders if each != flooders[2]} == {200}


def test_turns_are_forgotten(knock, monkeypatch):
    knock.go.set()
    for _ in range(3):
        assert knock("192.0.2.1").result(5) == 200
    monkeypatch.setattr(login_throttle, "LATELY", 0)
    assert knock("192.0.2.2").result(5) == 200
    assert [address for _, address in login_throttle._door.turns] == ["192.0.2.2"]


def test_a_turn_comes_back_when_a_page_fails(rf, monkeypatch):
    monkeypatch.setattr(login_throttle, "_door", login_throttle.Door())

    def fail(request):
        raise ValueError

    for _ in range(3):
        with pytest.raises(ValueError):
            login_throttle.limit_hashing(fail)(rf.post("/accounts/login/"))


def test_other_pages_do_not_queue(knock):
    pages = [knock("192.0.2.1", "/rooms/lobby/messages/") for _ in range(9)]
    until(lambda: len(knock.held) == 9)
    knock.go.set()
    assert {each.result(5) for each in pages} == {200}


@pytest.mark.parametrize(
    ("address", "share"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::5", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_an_address_is_its_neighbourhood(address, share):
    assert neighbourhood(address) == share
