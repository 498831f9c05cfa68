"""Who loses the right to listen hears no more, in every tab, within two seconds; five without hints."""

import threading
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.bells import bell, unseen
from .support.cable import Cable
from .support.hints import LossyRedis
from .support.houses import House
from .support.people import Person
from .support.redis import Redis
from .support.servers import Server
from .support.shops import order
from .support.visitors import Visitor
from .support.waiting import eventually, holds
from .support.wire import Room

Meet = Callable[[Server | Cable], Visitor]
Deed = Callable[[Visitor, House, str], None]


def sign_out(member: Visitor, house: House, url: str) -> None:
    member.post("/accounts/logout/", {})


def new_password(member: Visitor, house: House, url: str) -> None:
    word = "a-better-word-47"
    member.submit("/accounts/password/", old_password="parlour", new_password1=word, new_password2=word)


def deactivation(member: Visitor, house: House, url: str) -> None:
    Visitor(url).sign_in("staff").submit(f"/admin/accounts/user/{_pk(house)}/change/", is_active=None)


def removal(member: Visitor, house: House, url: str) -> None:
    mine = "SELECT m.id FROM rooms_membership m JOIN accounts_user u ON u.id = m.person_id WHERE username = 'member'"
    staff = Visitor(url).sign_in("staff")
    staff.get("/rooms/team/members/")
    answer = staff.post("/rooms/team/members/", {"remove": str(house.rows(mine)[0][0])})
    assert answer.status == 302, f"{answer.status} {answer.page.text[:300]}"


ACTS = {"sign-out": sign_out, "password": new_password, "deactivation": deactivation, "removal": removal}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nothing_is_heard_two_seconds_later(act: Deed, new_house: Callable[..., House], visitor: Meet) -> None:
    house = new_house()
    server = house.open("daphne")
    last_heard = _last_heard(act, house, visitor(server).sign_in("member"), server.url)
    assert last_heard < 2, f"heard {last_heard:.1f} s after {act.__name__}"


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nothing_is_heard_five_seconds_later_with_all_hints_lost(
    act: Deed, new_house: Callable[..., House], visitor: Meet, redis: Redis
) -> None:
    lossy = LossyRedis(redis.port, share=1)
    house = new_house(postgres=True, redis_url=redis.url(lossy.port))
    here, there = house.open("uvicorn"), house.open("uvicorn")
    member = visitor(here).sign_in("member")
    last_heard = _last_heard(act, house, member, there.url)
    lossy.close()
    assert lossy.lost, "no hint went through the cable, so none was lost"
    assert last_heard < 5, f"heard {last_heard:.1f} s after {act.__name__}"


def test_every_tab_says_what_happened_and_stays_quiet(
    person: Callable[..., Person], server: Server, visitor: Meet
) -> None:
    member = person(server).sign_in("member")
    tabs = [member.open_room("lobby"), member.tab().open_room("lobby"), member.tab().open_room("team")]
    other = Room(visitor(server).sign_in("other"), "lobby").hello()
    last = member.tab().go("/")
    last.page.get_by_role("button", name="Sign out").click()
    for tab in tabs:
        link = tab.page.locator("section.talk").get_by_role("link", name="Sign in")
        eventually(link.is_visible, 2, "the way back in")
        assert not tab.page.locator(f"#{tab.key}-beat").count(), "a beat would wake the watchdog"
    other.say("after the door closed")
    other.waits_for("after the door closed")
    for tab in tabs:
        assert "after the door closed" not in tab.messages


def test_the_bell_of_every_tab_says_who_signed_out_and_stays_quiet(
    person: Callable[..., Person], server: Server, visitor: Meet
) -> None:
    staff = person(server).sign_in("staff")
    paths = ("/", "/alerts/", "/admin/", "/accounts/profile/")
    tabs = [bell(staff, paths[0]), *(bell(staff.tab(), path) for path in paths[1:])]
    member = visitor(server).sign_in("member")
    before = [unseen(tab) for tab in tabs]
    last = staff.tab().go("/shop/")
    last.page.get_by_role("button", name="Sign out").click()
    words = [tab.page.locator("#bell").get_by_role("alert").filter(has_text="You are signed out.") for tab in tabs]
    eventually(lambda: all(each.is_visible() for each in words), 2, "every bell says so")
    for each, tab in zip(words, tabs, strict=True):
        expect(each.get_by_role("link", name="Sign in")).to_be_visible()
        expect(tab.page.locator("#bell-beat")).to_have_count(0)
    order(member, "After the door closed")
    holds(lambda: not any("After the door closed" in tab.page.content() for tab in tabs), 1)
    assert [unseen(tab) for tab in tabs] == before
    words[1].get_by_role("link", name="Sign in").click()
    expect(tabs[1].page.locator("[name=username]")).to_be_visible()


def _last_heard(act: Deed, house: House, member: Visitor, url: str) -> float:
    """How long after the deed the last of three sockets heard something, while somebody talks."""
    rooms = [Room(member.at(url), "team").hello() for _ in range(3)]
    talker = Room(Visitor(url).sign_in("staff"), "team").hello()
    stop = threading.Event()
    talking = threading.Thread(target=_talk, args=(talker, stop))
    talking.start()
    for room in rooms:
        room.waits_for("word 5", within=10)
    act(member, house, member.url)
    done = time.monotonic()
    ends = [_until_closed(room) for room in rooms]
    stop.set()
    talking.join()
    assert [code for code, _ in ends] == [4003 if act is removal else 4001] * 3
    for room in rooms:
        assert "<a " in room.frames[-1], "the last frame leads nowhere"
    return max(heard for _, heard in ends) - done


def _until_closed(room: Room) -> tuple[int, float]:
    """The close code, and when the last frame with a message came."""
    code = room.closed(within=12)
    return code, time.monotonic()


def _talk(talker: Room, stop: threading.Event) -> None:
    number = 0
    while not stop.wait(0.15):
        number += 1
        talker.say(f"word {number}")
        talker.waits_for(f"word {number}")


def _pk(house: House) -> int:
    return int(house.rows("SELECT id FROM accounts_user WHERE username = 'member'")[0][0])
