"""Every page keeps the content policy, serves everybody, and fits from the narrowest to a wide window."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.appearance import broken_pages, enlarge, fill_with_content, fits, is_accessible
from .support.bell import alerts, bell, opened
from .support.deployments import Deployment
from .support.imports import csv_file, upload, wait_for_words
from .support.people import Person
from .support.servers import Server
from .support.waiting import eventually

Invite = Callable[..., Person]
SPOKEN = """all => all.map((each) => (each.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean)
  .map((id) => document.getElementById(id).textContent).join(" ") || each.textContent)"""
LOST_PRESS = "document.querySelector('.pl-problem').innerHTML = '<span class=pl-unsent>That was lost</span>'"
PAGES = {
    "": "/ /rooms/lobby/ /rooms/team/ /accounts/login/ /accounts/signup/ /accounts/guest/ /shop/ /no-such-page/",
    "member": "/ /rooms/lobby/ /rooms/new/ /accounts/profile/ /accounts/password/ /echo/ /shop/ /shop/mine/"
    " /shop/orders/2/ /shop/imports/ /alerts/ /alerts/preferences/ /accounts/address/"
    " /conversations/new/ /people/1/",
    "other": "/rooms/team/",
    "staff": "/rooms/team/settings/ /rooms/team/members/ /rooms/team/delete/ /rooms/team/moderation/ /moderation/"
    " /imports/ /shop/orders/ /shop/orders/1/ /alerts/?show=unread&kind=order"
    " /widgets/ /widgets/new/ /widgets/1/ /widgets/1/settings/ /widgets/1/delete/",
}
ADMIN = """/admin/ /admin/accounts/user/ /admin/accounts/user/add/ /admin/accounts/user/1/change/
/admin/parlour_rooms/room/ /admin/shop/order/ /admin/shop/order/1/change/"""


@pytest.fixture(scope="module")
def full_server(server: Server) -> Server:
    """A server with something in it to look at."""
    fill_with_content(server)
    return server


@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "nobody")
def test_pages_fit_serve_everybody_and_keep_the_policy(person: Invite, full_server: Server, name: str) -> None:
    somebody = person(full_server)
    if name:
        somebody.sign_in(name)
    for path in PAGES[name].split():
        answer = somebody.page.goto(somebody.url + path)
        assert answer
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path
        if somebody.page.locator("section.pl-talk").count():
            somebody.wait_live()
        if not name:
            expect(somebody.page.locator("#bell, [ws-connect='/ws/alerts/']")).to_have_count(0)
        fits(somebody, f"{name or 'nobody'}{path.replace('/', '-')}")
        is_accessible(somebody)
    assert not [line for line in somebody.errors if "403" not in line and "404" not in line], somebody.errors


def test_jobs_guests_and_errors_fit_and_serve_everybody(
    person: Invite, full_server: Server, deployment: Deployment
) -> None:
    member, guest = person(full_server).sign_in("member"), person(full_server).be_guest("Robin")
    upload(member, csv_file(20, 5))
    wait_for_words(member, "16 orders are in")
    imported = member.page.url.removeprefix(member.url)
    for path in (imported, imported.replace("/shop/imports/", "/alerts/jobs/")):
        expect(member.go(path).page.locator("main progress")).to_be_visible()
        fits(member, f"member{path.replace('/', '-')}")
        is_accessible(member)
    for path in ("/rooms/lobby/", "/accounts/profile/"):
        fits(guest.go(path), f"guest{path.replace('/', '-')}")
        is_accessible(guest)
    guest.context.clear_cookies()
    guest.page.get_by_role("button", name="Save").click()
    expect(guest.page.get_by_role("heading")).to_have_text("That was not sent")
    fits(guest, "error-csrf")
    is_accessible(guest)
    for name, page in broken_pages(deployment).items():
        guest.answer_with(f"/{name}/", page)
        fits(guest.go(f"/{name}/"), f"error-{name}")
        is_accessible(guest)


def test_forms_and_tables_stand_as_they_are_meant(person: Invite, full_server: Server) -> None:
    member = person(full_server).sign_in("member").go("/shop/")
    member.page.set_viewport_size({"width": 768, "height": 800})
    member.page.locator("[name=amount]").fill("1,250")
    member.page.get_by_role("button", name="Place order").click()
    expect(member.page.locator(".field .error").last).to_be_visible()
    amount, currency = (member.page.locator(f"[name={name}]").bounding_box() for name in ("amount", "currency"))
    assert amount
    assert currency
    assert (amount["y"], amount["height"]) == (currency["y"], currency["height"]), "beside an error"
    expect(member.page.get_by_role("columnheader", name="Placed")).to_be_in_viewport()
    titles = set()
    for path in ("/", "/shop/", "/shop/mine/", "/shop/imports/", "/alerts/", "/accounts/profile/"):
        titles.add(member.go(path).page.locator("h1").evaluate("each => getComputedStyle(each).fontSize"))
    assert len(titles) == 1, titles
    after = "each => each.nextElementSibling.getBoundingClientRect().top - each.getBoundingClientRect().bottom"
    for path in ("/shop/mine/", "/shop/imports/"):
        assert member.go(path).page.locator(".page-head").evaluate(after) >= 12, path
    terms = member.page.locator(".import-help dd")
    assert len({round(each.bounding_box()["x"]) for each in terms.all()}) == 1  # type: ignore[index]
    link = member.go("/shop/orders/2/").page.get_by_role("link", name="To the orders")
    expect(link).to_have_css("text-decoration-line", "underline")


def test_the_admin_keeps_the_policy_and_has_the_bell(person: Invite, full_server: Server) -> None:
    staff = person(full_server).sign_in("staff")
    for path in ADMIN.split():
        bell(staff, path)
    assert not staff.violations
    assert not staff.errors


def on_the_screen(staff: Person, width: int) -> None:
    card = staff.page.locator(".pl-bell-card").bounding_box()
    assert card
    assert min(card["x"], card["y"]) >= 0, card
    assert card["x"] + card["width"] <= width, card
    assert card["y"] + card["height"] <= 640, card


@pytest.mark.parametrize("path", ["/rooms/lobby/", "/admin/shop/order/"])
def test_an_open_bell_fits_and_serves_everybody(person: Invite, full_server: Server, path: str) -> None:
    staff = opened(bell(person(full_server).sign_in("staff"), path))
    expect(alerts(staff).first).to_be_visible()
    fits(staff, f"bell{path.replace('/', '-')}")
    is_accessible(staff, "#bell")
    staff.page.set_viewport_size({"width": 360, "height": 640})
    on_the_screen(staff, 360)


def test_the_card_of_a_bell_stays_on_the_screen_wherever_the_bell_stands(person: Invite, full_server: Server) -> None:
    staff = bell(person(full_server).sign_in("staff"), "/")
    staff.page.evaluate("document.body.append(document.getElementById('bell'))")
    expect(alerts(opened(staff)).first).to_be_visible()
    for width in (360, 1280):
        staff.page.set_viewport_size({"width": width, "height": 640})
        for place in ("0 auto auto 0", "0 50% auto auto", "0 0 auto auto", "auto auto 0 0"):
            staff.page.evaluate(
                "place => Object.assign(document.getElementById('bell').style, {position: 'fixed', inset: place})",
                place,
            )
            on_the_screen(staff, width)


def test_the_bell_is_used_by_keyboard_and_no_two_buttons_sound_alike(person: Invite, full_server: Server) -> None:
    staff = bell(person(full_server).sign_in("staff"), "/")
    for _ in range(12):
        staff.page.keyboard.press("Tab")
        if staff.page.evaluate("document.activeElement.id") == "bell-open":
            break
    staff.page.keyboard.press("Enter")
    expect(alerts(staff).first).to_be_visible()
    names = staff.page.locator("#bell-lines :is(button, a)").evaluate_all(SPOKEN)
    assert all(name.strip() for name in names)
    assert len(set(names)) == len(names)


def test_a_room_is_used_by_keyboard_and_news_is_spoken_once_and_calmly(person: Invite, full_server: Server) -> None:
    member, other = person(full_server).sign_in("member").open_room("lobby"), person(full_server).sign_in("other")
    assert member.page.title().endswith("Lobby · Parlour")
    member.page.keyboard.press("Tab")
    assert member.page.evaluate("document.activeElement.textContent") == "Skip to content"
    for key in ("Enter", "Tab", "Enter", "Tab"):
        member.page.keyboard.press(key)
    expect(member.box).to_be_focused()
    member.page.keyboard.type("by keyboard alone")
    member.page.keyboard.press("Enter")
    member.sees("by keyboard alone")
    assert member.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Message"
    other.open_room("lobby").say("for the ear")
    member.sees("for the ear")
    expect(member.page.locator(f"#{member.key}-announce")).to_contain_text("for the ear")
    calm = "section.pl-talk :is([aria-live=polite], [role=status], [role=log])"
    expect(member.page.locator(calm).filter(has_text="for the ear")).to_have_count(1)


def stand_in_a_row(somebody: Person) -> None:
    row = {part: somebody.page.locator(part).first.bounding_box() for part in (".room-list", "h1", ".pl-people")}
    row["end"] = somebody.page.locator("#bell-open, .account > a").locator("visible=true").first.bounding_box()
    edges = [edge for box in row.values() if box for edge in (box["x"], box["x"] + box["width"])]
    assert len(edges) == 8
    assert edges == sorted(edges), row


@pytest.mark.parametrize("name", ["", "member", "staff"])
def test_on_a_phone_one_row_stands_over_a_conversation(person: Invite, full_server: Server, name: str) -> None:
    somebody = person(full_server)
    if name:
        somebody.sign_in(name)
    somebody.open_room("lobby")
    listed = somebody.page.locator(".room-list a[aria-current=page]").bounding_box()
    assert listed
    assert listed["x"] <= 16  # where there is room for it, the list begins at the edge
    somebody.page.set_viewport_size({"width": 360, "height": 740})
    talk = somebody.page.get_by_role("region", name="Conversation").bounding_box()
    assert talk
    assert talk["y"] <= 52
    stand_in_a_row(somebody)
    somebody.page.get_by_role("button", name="People here").click()
    expect(somebody.page.get_by_role("list", name="People here")).to_be_visible()
    if name:
        somebody.page.get_by_role("button", name="Settings of this room").click()
        expect(somebody.page.get_by_role("link", name="Notifications")).to_be_visible()
        expect(somebody.page.get_by_role("list", name="People here")).to_be_hidden()
    somebody.page.get_by_role("button", name="Rooms").click()
    somebody.page.get_by_role("link", name="All rooms").click()
    expect(somebody.page.get_by_role("heading", name="Rooms")).to_be_visible()


def width_of(somebody: Person, part: str) -> float:
    return float(somebody.page.locator(part).first.evaluate("each => each.getBoundingClientRect().width"))


@pytest.mark.parametrize("name", ["", "staff"])
def test_german_and_large_letters_fit_between_a_phone_and_a_desk(
    person: Invite, full_server: Server, name: str
) -> None:
    somebody = person(full_server, locale="de-DE")
    if name:
        somebody.sign_in(name)
    for path in ("/notes/", "/shop/orders/", "/webhooks/new/") if name else ("/notes/",):
        somebody.go(path).page.evaluate("document.querySelector('.choices label')?.append('e'.repeat(80))")
        fits(somebody, f"german-{name}{path.replace('/', '-')}", (360, 430, 480, 640, 720, 760))
    somebody.open_room("lobby")
    for width in (720, 1100):
        somebody.page.set_viewport_size({"width": width, "height": 740})
        assert width_of(somebody, ".pl-talk-head h1") > 100, width
    somebody.page.set_viewport_size({"width": 360, "height": 740})
    stand_in_a_row(somebody)
    enlarge(somebody)
    stand_in_a_row(somebody)
    fits(somebody, f"large-{name}-room", (360, 768, 1280))
    assert width_of(somebody, ".pl-talk") > 600
    assert width_of(somebody, ".pl-talk-head h1") > 100


def test_what_is_small_or_floats_on_a_phone_is_within_reach(person: Invite, full_server: Server) -> None:
    staff = person(full_server, locale="de-DE").sign_in("staff")
    staff.page.set_viewport_size({"width": 360, "height": 740})
    staff.go("/shop/orders/")
    eventually(lambda: width_of(staff, ".ledger td:first-child a") >= 24, 2, "a link to an order")
    banner = bell(staff, "/alerts/preferences/").page.locator(".pl-bell .pl-banner").bounding_box()
    assert banner
    assert banner["x"] >= 0
    staff.open_room("lobby").page.evaluate(LOST_PRESS)
    below = [staff.page.locator(part).bounding_box() for part in (".pl-unsent", ".page .pl-banner", ".pl-composer")]
    edges = [edge for box in below if box for edge in (box["y"], box["y"] + box["height"])]
    assert len(edges) == 6
    assert edges == sorted(edges), below
    expect(staff.page.locator(".pl-unsent")).to_have_css("pointer-events", "none")
    enlarge(staff)
    columns = staff.page.locator(".pl-message").first.evaluate("each => getComputedStyle(each).gridTemplateColumns")
    assert float(columns.split("px")[0]) >= 72, "the time of a line stands beside its text"
