"""What people decide about their own account, on a phone: a guest gets one, sessions end elsewhere, it is deleted."""

from collections.abc import Callable

from playwright.sync_api import expect

from .support.people import Person
from .support.servers import Server

NewPerson = Callable[..., Person]
PHONE = {"viewport": {"width": 360, "height": 700}}
PASSWORD = "a long day by the sea"


def test_a_guest_gets_an_account_keeps_what_they_wrote_and_deletes_it_again(person: NewPerson, server: Server) -> None:
    member, gus = person(server).sign_in("member").open_room("lobby"), person(server, **PHONE).be_guest("Gus")
    gus.wait_live().say("Written as a guest")
    gus.go("/accounts/profile/").page.get_by_role("link", name="Sign up").click()
    gus.page.get_by_label("Username").fill("gustav")
    gus.page.get_by_label("Password", exact=True).fill(PASSWORD)
    gus.page.get_by_label("Password again").fill(PASSWORD)
    gus.page.get_by_role("button", name="Sign up").click()
    gus.open_room("lobby").say("Written with an account")
    own = member.log.locator("li", has_text="Written as a guest").get_attribute("data-author")
    member.sees("Written with an account")
    assert member.log.locator("li", has_text="Written with an account").get_attribute("data-author") == own
    gus.go("/accounts/profile/").page.get_by_role("link", name="Delete your account").click()
    gus.page.get_by_label("Your password").fill("a wrong one")
    gus.page.get_by_role("button", name="Delete my account").click()
    expect(gus.page.get_by_text("That is not your password.")).to_be_visible()
    gus.page.get_by_label("Your password").fill(PASSWORD)
    gus.page.get_by_role("button", name="Delete my account").click()
    expect(gus.page.get_by_text("Your account is deleted.")).to_be_visible()
    member.open_room("lobby").sees("Written as a guest")
    expect(member.log.locator("li", has_text="Former member").first).to_be_visible()


def test_somebody_signs_out_where_they_are_not_and_reads_in_german(person: NewPerson, server: Server) -> None:
    here, elsewhere = person(server, **PHONE).sign_in("other"), person(server).sign_in("other").open_room("lobby")
    here.go("/accounts/profile/").page.get_by_label("Language").select_option("Deutsch")
    here.page.get_by_label("Appearance").select_option("Dark")
    here.page.get_by_role("button", name="Save").click()
    expect(here.page.get_by_role("heading", name="Profil")).to_be_visible()
    assert here.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    face, out = (here.page.locator(part).bounding_box() for part in (".me img", ".account > form"))
    assert face
    assert out
    assert face["x"] + face["width"] <= out["x"], "longer words do not lie on what stands beside them"
    here.open_room("lobby").talk.get_by_role("textbox", name="Nachricht").fill("Guten Tag")
    send = here.talk.get_by_role("button", name="Senden").bounding_box()
    assert send
    assert send["x"] > 200, "it stands beside the box"
    here.talk.get_by_role("button", name="Senden").click()
    expect(here.page.get_by_role("list", name="Nachrichten")).to_contain_text("Guten Tag")
    here.go("/accounts/sessions/").page.get_by_role("button", name="Dort abmelden").first.click()
    expect(elsewhere.talk.get_by_role("link", name="Sign in")).to_be_visible()
    expect(here.page.get_by_text("(hier)")).to_be_visible()
