"""Who loses the right to listen hears no more, in every tab, within two seconds; five without hints."""

import threading
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.bell import alerts, bell, count, none, unseen, with_lines
from .support.deployments import Deployment
from .support.flaky_proxy import FlakyProxy
from .support.http_client import HttpClient
from .support.lossy_redis import LossyRedis
from .support.people import Person
from .support.redis import Redis
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.shop import order, orders_page
from .support.waiting import eventually, holds

SETTINGS = {"PARLOUR_TICK": "60"}  # seconds: what ends sooner was ended by a hint
NewClient = Callable[[Server | FlakyProxy], HttpClient]
Act = Callable[[HttpClient, Deployment, str], None]


def sign_out(member: HttpClient, deployment: Deployment, url: str) -> None:
    member.post("/accounts/logout/", {})


def new_password(member: HttpClient, deployment: Deployment, url: str) -> None:
    word = "a-better-word-47"
    member.submit("/accounts/password/", old_password="parlour", new_password1=word, new_password2=word)


def deactivation(member: HttpClient, deployment: Deployment, url: str) -> None:
    HttpClient(url).sign_in("staff").submit(_account(deployment, "member"), is_active=None)


def removal(member: HttpClient, deployment: Deployment, url: str) -> None:
    member = "SELECT id FROM accounts_user WHERE username = 'member'"
    mine = f"SELECT id FROM parlour_rooms_membership WHERE person_id = ({member})"
    staff = HttpClient(url).sign_in("staff")
    staff.get("/rooms/team/members/")
    answer = staff.post("/rooms/team/members/", {"remove": str(deployment.rows(mine)[0][0])})
    assert answer.status == 302, f"{answer.status} {answer.page.text[:300]}"


def _account(deployment: Deployment, name: str) -> str:
    """Where staff change this person."""
    [(pk,)] = deployment.rows("SELECT id FROM accounts_user WHERE username = %s", name)
    return f"/admin/accounts/user/{pk}/change/"


ACTS = {"sign-out": sign_out, "password": new_password, "deactivation": deactivation, "removal": removal}
FINAL = (new_password, deactivation)  # nobody signs in as before after these
SOME = [pytest.param(act, id=name, marks=[pytest.mark.faults] * (act in FINAL)) for name, act in ACTS.items()]


def test_every_tab_says_what_happened_and_stays_quiet(
    person: Callable[..., Person], server: Server, http_client: NewClient
) -> None:
    staff = person(server).sign_in("staff")
    rooms = [staff.open_room("lobby"), staff.tab().open_room("team")]
    pages = [bell(staff.tab(), path) for path in ("/alerts/", "/admin/")]
    other = RoomSocket(http_client(server).sign_in("other"), "lobby").hello()
    before = [unseen(tab) for tab in pages]
    staff.tab().go("/shop/").page.get_by_role("button", name="Sign out").click()
    words = [tab.page.locator("#bell").get_by_role("alert").filter(has_text="You are not signed in.") for tab in pages]
    words += [tab.page.locator("section.pl-talk") for tab in rooms]
    links = [each.get_by_role("link", name="Sign in") for each in words]
    eventually(lambda: all(link.is_visible() for link in links), 10, "the way back in")
    for tab in (*rooms, *pages):
        expect(tab.page.locator("[id$=-beat]")).to_have_count(0)  # a beat would wake the watchdog
    other.say("after access was revoked")
    other.waits_for("after access was revoked")
    order(http_client(server).sign_in("member"), "After access was revoked")
    holds(lambda: not any("fter access was revoked" in tab.page.content() for tab in (*rooms, *pages)), 1)
    assert [unseen(tab) for tab in pages] == before
    links[0].click()
    expect(pages[0].page.locator("[name=username]")).to_be_visible()


def test_who_is_made_staff_hears_at_once_and_who_is_demoted_no_more(
    server: Server, deployment: Deployment, person: Callable[..., Person], http_client: NewClient
) -> None:
    boss, member = http_client(server).sign_in("staff"), http_client(server).sign_in("member")
    clerk = bell(person(server).sign_in("other"), "/rooms/lobby/")
    order(member, "Before there was a clerk")
    before = unseen(clerk)
    boss.submit(_account(deployment, "other"), is_staff="on")
    eventually(lambda: unseen(clerk) > before, 10, "what was open is theirs too")
    page, admin = orders_page(clerk.tab()), with_lines(bell(clerk.tab(), "/admin/"))
    none(clerk)
    order(member, "Before access was revoked")
    for tab in (clerk, page, admin):
        count(tab, "1")
    boss.submit(_account(deployment, "other"), is_staff=None)
    words = page.page.locator("#orders").get_by_role("alert").filter(has_text="Only staff see all orders.")
    expect(words).to_be_visible()
    for tab in (clerk, admin):
        eventually(lambda tab=tab: not unseen(tab) and not alerts(tab).count(), 10, "what staff were told is gone")
    order(member, "No business of theirs")
    holds(lambda: not any("No business of theirs" in tab.page.content() for tab in (clerk, page, admin)), 1)
    words.get_by_role("link").click()
    expect(page.page.get_by_role("heading", name="Shop")).to_be_visible()
    assert page.page.request.get(f"{page.url}/shop/orders/").status == 403
    assert not clerk.errors


@pytest.mark.parametrize("act", SOME)
def test_nothing_is_heard_two_seconds_later(
    act: Act, server: Server, deployment: Deployment, new_deployment: Callable[..., Deployment], http_client: NewClient
) -> None:
    if act in FINAL:
        deployment = new_deployment()
        server = deployment.start_server()
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


def _last_heard(act: Act, deployment: Deployment, member: HttpClient, url: str) -> float:
    """How long after the act the last of three sockets heard something, while somebody talks."""
    rooms = [RoomSocket(member.at(url), "team").hello() for _ in range(3)]
    talker = RoomSocket(HttpClient(url).sign_in("staff"), "team").hello()
    stop = threading.Event()
    talking = threading.Thread(target=_talk, args=(talker, act.__name__, stop))
    talking.start()
    for room in rooms:
        room.waits_for(f"{act.__name__} 5", within=10)
    act(member, deployment, member.url)
    done = time.monotonic()
    ends = [_until_closed(room) for room in rooms]
    stop.set()
    talking.join()
    assert [code for code, _ in ends] == [4004 if act is removal else 4001] * 3
    for room in rooms:
        assert "<a " in room.frames[-1], "the last frame leads nowhere"
    return max(heard for _, heard in ends) - done


def _until_closed(room: RoomSocket) -> tuple[int, float]:
    """The close code, and when the last frame with a message came."""
    code = room.closed(within=12)
    return code, time.monotonic()


def _talk(talker: RoomSocket, word: str, stop: threading.Event) -> None:
    number = 0
    while not stop.wait(0.1):
        number += 1
        talker.say(f"{word} {number}")
        talker.waits_for(f"{word} {number}")
