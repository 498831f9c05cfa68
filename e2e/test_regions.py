"""Two live regions on one page: each keeps its own place."""

from collections.abc import Callable

from playwright.sync_api import Route

from .support.deployments import Deployment
from .support.people import Person
from .support.waiting import eventually

Invite = Callable[..., Person]
POLICY = "content-security-policy"


def test_two_rooms_on_one_page_never_touch_each_other(
    person: Callable[..., Person], new_deployment: Callable[..., Deployment]
) -> None:
    deployment = new_deployment()
    server = deployment.start_server()
    member = person(server).sign_in("member")
    _serve_both(member)
    member.go("/both/")
    lobby, team = (Side(member, key) for key in ("room-lobby", "room-team"))
    other = person(server).sign_in("other").open_room("lobby")
    staff = person(server).sign_in("staff").open_room("team")
    for lap in range(3):
        other.say(f"lobby {lap}")
        lobby.shows([f"lobby {each}" for each in range(lap + 1)])
        staff.say(f"team {lap}").say(f"team {lap}, more")
        team.shows([text for each in range(lap + 1) for text in (f"team {each}", f"team {each}, more")])
    server.restart()
    other.say("lobby again")
    staff.say("team again")
    lobby.shows([*(f"lobby {each}" for each in range(3)), "lobby again"], within=30)
    team.shows([*(f"team {lap}{more}" for lap in range(3) for more in ("", ", more")), "team again"], within=30)
    assert lobby.cursors
    assert team.cursors
    assert not set(lobby.cursors) & set(team.cursors)
    lobby.say("into the lobby")
    other.sees("into the lobby", within=30)
    team.say("into the team")
    staff.sees("into the team", within=30)
    assert "into the team" not in lobby.messages
    assert "into the lobby" not in team.messages


class Side:
    """One of two regions on a page."""

    def __init__(self, somebody: Person, key: str) -> None:
        self.section = somebody.page.locator(f"#{key}")
        self.key = key

    @property
    def messages(self) -> list[str]:
        return self.section.locator("li.message .text").all_inner_texts()

    @property
    def cursors(self) -> list[str]:
        inputs = self.section.locator(f"#{self.key}-resume [name=cursor]")
        return list(inputs.evaluate_all("inputs => inputs.map(input => input.value)"))

    def shows(self, texts: list[str], within: float = 8) -> None:
        """Until the list is exactly this."""
        eventually(lambda: self.messages == texts, within, f"{self.key}: {texts}")

    def say(self, text: str) -> None:
        self.section.get_by_role("textbox", name="Message", exact=True).first.fill(text)
        self.section.get_by_role("button", name="Send", exact=True).click()


def _serve_both(somebody: Person) -> None:
    """Let /both/ be the lobby's page with the team's room beside it, each as the server made it."""

    def both(route: Route) -> None:
        lobby, team = (somebody.page.request.get(f"{somebody.url}/rooms/{slug}/") for slug in ("lobby", "team"))
        second = team.text().partition('<div class="room">')[2].partition("</main>")[0]
        page = lobby.text().replace("</main>", f'<div class="room">{second}</main>')
        route.fulfill(body=page, headers={name: lobby.headers[name] for name in ("content-type", POLICY)})

    somebody.page.route("**/both/", both)
