"""People talk in the lobby: who says what, who is here, who comes and goes; with motion and without."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .support.deployments import Deployment
from .support.people import Person
from .support.servers import Server
from .support.waiting import eventually, holds

Invite = Callable[..., Person]
GRACE = 3.0  # seconds that somebody may be away before having left


@pytest.fixture(scope="module")
def server(module_deployment: Callable[..., Deployment]) -> Server:
    """A server that waits a little less for who may come back."""
    return module_deployment(PARLOUR_GRACE=str(GRACE)).start_server()


def test_two_people_and_a_guest_talk(person: Invite, server: Server) -> None:
    less = {"reduced_motion": "reduce"}  # the watchdog is an animation, and must run all the same
    member = person(server, **less).sign_in("member").open_room("lobby")
    other = person(server, **less).sign_in("other").open_room("lobby")
    robin = person(server, **less).be_guest("Robin")
    robin.open_room("lobby")
    for someone in (member, other, robin):
        someone.sees_people("member", "other", "Robin")
    said = [f"{text} ({len(member.messages)})" for text in ("Good evening.", "Is this seat taken?", "Not at all.")]
    for someone, text in zip((member, robin, other), said, strict=True):
        someone.say(text).sees(text)
        eventually(lambda each=someone: not each.unconfirmed, 5, "the confirmation")
    for someone in (member, other, robin):
        someone.sees_in_order(said)
        assert someone.box.input_value() == ""
        assert not someone.banner.is_visible()
    assert robin.log.locator("li.message").last.locator("bdi.name").inner_text() == "other"


def test_who_comes_and_goes_is_told_once(person: Invite, server: Server) -> None:
    other = person(server).sign_in("other").open_room("lobby")
    eventually(lambda: other.people == ["other"], GRACE + 5, "an empty room")
    joined, left = _told(other, "joined"), _told(other, "left")
    member = person(server).sign_in("member")
    tabs = [member.open_room("lobby"), member.tab().open_room("lobby"), member.tab().open_room("lobby")]
    other.sees_people("member", "other")
    tabs[1].page.close()
    tabs[2].page.close()
    member.page.reload()
    member.wait_live()
    still_here = "somebody with a tab left, and a reload, is still here"
    holds(lambda: "member" in other.people and _told(other, "left") == left, GRACE + 2, still_here)
    assert _told(other, "joined") == joined + 1
    member.go("/accounts/profile/")
    eventually(lambda: _told(other, "left") == left + 1, GRACE + 5, "the line that member left")
    other.sees_people("other")
    assert _told(other, "joined") == joined + 1


def test_typing_shows_dots_and_fetches_nothing(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    before = len(other.requests), len(member.requests)
    member.box.focus()
    dots = other.page.locator(f"#{other.key}-typing")
    for _ in range(3):
        member.box.press_sequentially("still thinking ", delay=130)
        eventually(lambda: "member" in dots.inner_text() and dots.locator("span").is_visible(), 2, "dots")
    fetched = other.requests[before[0] :] + member.requests[before[1] :]
    assert not [line for line in fetched if "/rooms/" in line]
    member.say("done thinking")
    other.sees("done thinking")
    eventually(lambda: "member" not in dots.inner_text() or not dots.locator("span").is_visible(), 8)


def test_the_last_line_stays_in_sight_while_two_talk(person: Invite, server: Server) -> None:
    size = {"width": 360, "height": 480}
    member = person(server, viewport=size).sign_in("member").open_room("lobby")
    other = person(server, viewport=size).sign_in("other").open_room("lobby")
    for number in range(12):
        speaker, text = (member, other)[number % 2], f"line {number} of two who talk, long enough to fill two lines"
        speaker.say(text)
        for someone in (member, other):
            someone.sees(text)
            line = someone.log.get_by_text(text, exact=True)
            expect(line).to_be_in_viewport(ratio=1)
            foot, box = line.bounding_box(), someone.box.bounding_box()
            assert foot
            assert box
            assert foot["y"] + foot["height"] <= box["y"], "the composer covers the last line"


def test_the_same_word_twice_is_said_twice(person: Invite, server: Server) -> None:
    member = person(server).sign_in("member").open_room("lobby")
    other = person(server).sign_in("other").open_room("lobby")
    before = other.messages.count("ok")
    member.say("ok").say("ok")
    eventually(lambda: other.messages.count("ok") == before + 2, 5, "both")
    eventually(lambda: not member.unconfirmed, 5, "both confirmed")
    member.equals_a_fresh_page()
    assert member.messages.count("ok") == before + 2


def _told(watcher: Person, live_write: str) -> int:
    return sum("member" in note and live_write in note for note in watcher.notes)
