"""Who loses the right to listen hears no more, in every tab, within two seconds; five without hints."""

import threading
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.bell import bell, unseen
from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.lossy_redis import LossyRedis
from .support.people import Person
from .support.redis import Redis
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.shop import order
from .support.waiting import eventually, holds

NewClient = Callable[[Server | FlakyProxy], HttpClient]
Act = Callable[[HttpClient, Deployment, str], None]


def sign_out(member: HttpClient, deployment: Deployment, url: str) -> None:
    member.post("/accounts/logout/", {})


def new_password(member: HttpClient, deployment: Deployment, url: str) -> None:
    word = "a-better-word-47"
    member.submit("/accounts/password/", old_password="parlour", new_password1=word, new_password2=word)


def deactivation(member: HttpClient, deployment: Deployment, url: str) -> None:
    HttpClient(url).sign_in("staff").submit(f"/admin/accounts/user/{_pk(deployment)}/change/", is_active=None)


def removal(member: HttpClient, deployment: Deployment, url: str) -> None:
    mine = "SELECT m.id FROM rooms_membership m JOIN accounts_user u ON u.id = m.person_id WHERE username = 'member'"
    staff = HttpClient(url).sign_in("staff")
    staff.get("/rooms/team/members/")
    answer = staff.post("/rooms/team/members/", {"remove": str(deployment.rows(mine)[0][0])})
    assert answer.status == 302, f"{answer.status} {answer.page.text[:300]}"


LONG = {"password", "deactivation"}
ACTS = {"sign-out": sign_out, "password": new_password, "deactivation": deactivation, "removal": removal}
SOME = [pytest.param(act, id=name, marks=[pytest.mark.faults] * (name in LONG)) for name, act in ACTS.items()]


@pytest.mark.parametrize("act", SOME)
def test_nothing_is_heard_two_seconds_later(
    act: Act, new_deployment: Callable[..., Deployment], http_client: NewClient
) -> None:
    deployment = new_deployment()
    server = deployment.start_server("daphne")
    last_heard = _last_heard(act, deployment, http_client(server).sign_in("member"), server.url)
    assert last_heard < 2, f"heard {last_heard:.1f} s after {act.__name__}"


@pytest.mark.faults
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nothing_is_heard_five_seconds_later_with_all_hints_lost(
    act: Act, new_deployment: Callable[..., Deployment], http_client: NewClient, redis: Redis
) -> None:
    lossy = LossyRedis(redis.port, share=1)
    deployment = new_deployment(postgres=True, redis_url=redis.url(lossy.port))
    here, there = deployment.start_server("uvicorn"), deployment.start_server("uvicorn")
    member = http_client(here).sign_in("member")
    last_heard = _last_heard(act, deployment, member, there.url)
    lossy.close()
    assert lossy.lost, "no hint went through the proxy, so none was lost"
    assert last_heard < 5, f"heard {last_heard:.1f} s after {act.__name__}"


def test_every_tab_says_what_happened_and_stays_quiet(
    person: Callable[..., Person], server: Server, http_client: NewClient
) -> None:
    member = person(server).sign_in("member")
    tabs = [member.open_room("lobby"), member.tab().open_room("lobby"), member.tab().open_room("team")]
    other = RoomSocket(http_client(server).sign_in("other"), "lobby").hello()
    last = member.tab().go("/")
    last.page.get_by_role("button", name="Sign out").click()
    for tab in tabs:
        link = tab.page.locator("section.talk").get_by_role("link", name="Sign in")
        eventually(link.is_visible, 2, "the way back in")
        assert not tab.page.locator(f"#{tab.key}-beat").count(), "a beat would wake the watchdog"
    other.say("after access was revoked")
    other.waits_for("after access was revoked")
    for tab in tabs:
        assert "after access was revoked" not in tab.messages


def test_the_bell_of_every_tab_says_who_signed_out_and_stays_quiet(
    person: Callable[..., Person], server: Server, http_client: NewClient
) -> None:
    staff = person(server).sign_in("staff")
    paths = ("/", "/alerts/", "/admin/", "/accounts/profile/")
    tabs = [bell(staff, paths[0]), *(bell(staff.tab(), path) for path in paths[1:])]
    member = http_client(server).sign_in("member")
    before = [unseen(tab) for tab in tabs]
    last = staff.tab().go("/shop/")
    last.page.get_by_role("button", name="Sign out").click()
    words = [tab.page.locator("#bell").get_by_role("alert").filter(has_text="You are signed out.") for tab in tabs]
    eventually(lambda: all(each.is_visible() for each in words), 2, "every bell says so")
    for each, tab in zip(words, tabs, strict=True):
        expect(each.get_by_role("link", name="Sign in")).to_be_visible()
        expect(tab.page.locator("#bell-beat")).to_have_count(0)
    order(member, "After access was revoked")
    holds(lambda: not any("After access was revoked" in tab.page.content() for tab in tabs), 1)
    assert [unseen(tab) for tab in tabs] == before
    words[1].get_by_role("link", name="Sign in").click()
    expect(tabs[1].page.locator("[name=username]")).to_be_visible()


def _last_heard(act: Act, deployment: Deployment, member: HttpClient, url: str) -> float:
    """How long after the act the last of three sockets heard something, while somebody talks."""
    rooms = [RoomSocket(member.at(url), "team").hello() for _ in range(3)]
    talker = RoomSocket(HttpClient(url).sign_in("staff"), "team").hello()
    stop = threading.Event()
    talking = threading.Thread(target=_talk, args=(talker, stop))
    talking.start()
    for room in rooms:
        room.waits_for("word 5", within=10)
    act(member, deployment, member.url)
    done = time.monotonic()
    ends = [_until_closed(room) for room in rooms]
    stop.set()
    talking.join()
    assert [code for code, _ in ends] == [4003 if act is removal else 4001] * 3
    for room in rooms:
        assert "<a " in room.frames[-1], "the last frame leads nowhere"
    return max(heard for _, heard in ends) - done


def _until_closed(room: RoomSocket) -> tuple[int, float]:
    """The close code, and when the last frame with a message came."""
    code = room.closed(within=12)
    return code, time.monotonic()


def _talk(talker: RoomSocket, stop: threading.Event) -> None:
    number = 0
    while not stop.wait(0.15):
        number += 1
        talker.say(f"word {number}")
        talker.waits_for(f"word {number}")


def _pk(deployment: Deployment) -> int:
    return int(deployment.rows("SELECT id FROM accounts_user WHERE username = 'member'")[0][0])
