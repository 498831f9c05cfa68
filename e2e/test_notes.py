"""Several people write one note: live and by plain pages, by pointer and by keyboard, and nothing typed is lost."""

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from .support.deployments import Deployment
from .support.http_client import HttpClient
from .support.notes import EXPIRE, NotePage, new_note
from .support.people import Person
from .support.servers import Server
from .support.tabs import FAST_CLOCKS
from .support.waiting import eventually

Invite = Callable[..., Person]
SETTINGS = {**FAST_CLOCKS, "PARLOUR_TICK": "0.5"}
NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
PLACE = """
(key) => {
  const box = document.activeElement, rows = [...document.querySelectorAll(`#${key}-rows > .block`)]
  const top = (it) => Math.round(it.getBoundingClientRect().top)
  const read = rows.find((it) => it.textContent.includes("seven and"))
  return [box.name, box.value, box.selectionStart, box.selectionEnd, top(box), top(read)]
}
"""


def note_of(server: Server, *texts: str, title: str = "Minutes", **fields: str) -> int:
    """A note of the staff's with these blocks."""
    return new_note(HttpClient(server.url).sign_in("staff"), title, "\n\n".join(texts), **fields)


def place(note: NotePage) -> list[object]:
    """Where somebody is who writes: what has the focus, its text and caret, where it is, and the text they read."""
    return list(note.page.evaluate(PLACE, note.key))


def test_two_write_at_once_and_nothing_moves_under_whoever_writes(person: Invite, server: Server) -> None:
    pk = note_of(server, *(f"{word} {'and more of it ' * 12}" for word in NUMBERS), "- [ ] buy milk")
    member = NotePage(person(server, viewport={"width": 360, "height": 640}).sign_in("member"), pk).open()
    other = NotePage(person(server).sign_in("other"), pk).open().listen()
    member.row("seven").scroll_into_view_if_needed()
    member.edit("seven").page.keyboard.press("Control+Home")
    member.type("My ")
    expect(other.row("seven")).to_contain_text("member writes here")
    before = place(member)
    other.edit("three").type(" by other")
    expect(member.row("three")).to_contain_text("other writes here")
    other.save()
    expect(member.row("by other")).not_to_contain_text("writes here")
    other.press("New block below")
    expect(other.box).to_be_focused()
    other.type("a new one " + "with many words " * 20).save()
    other.more("ten")
    for row in (9, 8):
        other.press("Move up")
        expect(other.bodies.nth(row)).to_contain_text("ten")
    other.more("one and").press("Delete")
    other.button("buy milk", "Open").click()
    expect(member.button("buy milk", "Done")).to_be_attached()
    assert place(member) == before
    member.type("own ")
    expect(member.box).to_have_value(f"My own seven {'and more of it ' * 12}".strip())
    member.save()
    expect(other.row("My own seven")).not_to_contain_text("writes here")
    for each in (member, other):
        each.equals_a_fresh_page()
    in_order = ["two", "three", "a", "four", "five", "six", "My", "ten", "eight", "nine", "eleven", "twelve", "buy"]
    assert [text.split()[0] for text in member.texts] == in_order


def test_two_save_the_same_block_at_the_same_instant_and_the_later_one_chooses(
    person: Invite, server: Server, deployment: Deployment
) -> None:
    pk = note_of(server, *NUMBERS[:3])
    member, other = (NotePage(person(server).sign_in(name), pk).open() for name in ("member", "other"))
    wanted = {"Both, one after the other": "{0}\n\n{1}", "Save mine": "{1}", "Keep theirs": "{0}"}
    for word, (button, left) in zip(NUMBERS, wanted.items(), strict=False):
        texts = {member: f"{word}: tea is at five", other: f"{word}: cake is at four"}
        member.edit(word).box.fill(texts[member])
        member.kept()
        deployment.write(EXPIRE)  # a minute of silence
        other.edit(word).box.fill(texts[other])
        at = (time.time() + 0.3) * 1000
        for each in texts:
            each.save_at(at)
        loser = eventually(lambda: next((each for each in (member, other) if each.alert.count()), None), 10, "an alert")
        winner = other if loser is member else member
        expect(winner.saved).to_be_visible()
        name = "member" if winner is member else "other"
        expect(loser.alert).to_contain_text(f"{name} changed this block meanwhile. Nothing was overwritten.")
        marked = {member: ["tea", "five"], other: ["cake", "four"]}
        assert loser.editor.locator("del").all_inner_texts() == marked[winner]
        assert loser.editor.locator("ins").all_inner_texts() == marked[loser]
        loser.press(button)
        for each in texts:
            expect(each.body(word)).to_have_text(left.format(texts[winner], texts[loser]), use_inner_text=True)
        history = loser.history(word)
        assert all(text in history for text in texts.values())


def test_a_block_is_deleted_while_somebody_writes_in_it_and_what_was_typed_comes_back(
    person: Invite, server: Server
) -> None:
    pk = note_of(server, *NUMBERS[:3])
    member, other = (NotePage(person(server).sign_in(name), pk).open() for name in ("member", "other"))
    member.edit("two").type(" and a half")
    other.more("two").press("Delete")
    expect(other.editor.get_by_role("button", name="Undo")).to_be_focused()
    member.shows("one", "three").type(", not more")
    member.press("Save")
    expect(member.alert).to_contain_text("deleted meanwhile. What you wrote is here.")
    expect(member.box).to_have_value("two and a half, not more")
    member.press("Put it back with my text")
    for each in (member, other):
        each.shows("one", "two and a half, not more", "three")
    member.more("three").button_of_editor("Delete").dblclick()  # the second click is none, and not one on "Undo"
    expect(member.button_of_editor("Undo")).to_be_focused()
    member.shows("one", "two and a half, not more").press("Undo")
    for each in (member, other):
        each.shows("one", "two and a half, not more", "three").equals_a_fresh_page()


def test_why_a_long_text_is_not_saved_is_in_sight_on_a_phone(person: Invite, server: Server) -> None:
    pk = note_of(server, "one")
    member = NotePage(person(server, viewport={"width": 360, "height": 560}).sign_in("member"), pk).open()
    member.edit("one").box.fill("so long " * 600)
    member.press("Save")
    expect(member.alert).to_contain_text("too long")
    member.editor.get_by_text("An image").scroll_into_view_if_needed()
    expect(member.alert).to_be_in_viewport(ratio=1)


def test_what_is_typed_survives_a_reload_a_restart_and_is_there_on_another_device(
    person: Invite, server: Server
) -> None:
    pk = note_of(server, *NUMBERS[:3])
    member = NotePage(person(server).sign_in("member"), pk).open()
    member.edit("two").type(" and a third").kept()
    member.page.reload()
    expect(member.wait_live().box).to_have_value("two and a third")
    server.restart()
    member.box.focus()
    member.page.keyboard.press("End")
    member.type(" <after>").kept()
    telephone = NotePage(person(server, viewport={"width": 360, "height": 740}).sign_in("member"), pk)
    expect(telephone.open().box).to_have_value("two and a third <after>")
    telephone.save()
    expect(member.wait_live(30).body("two")).to_have_text("two and a third <after>")
    assert not telephone.open().box.count()


def test_who_may_not_write_any_more_keeps_what_was_typed(person: Invite, server: Server) -> None:
    pk = note_of(server, *NUMBERS[:3], title="Secret minutes", access="members", people="member, other")
    member, other = (NotePage(person(server).sign_in(name), pk).open() for name in ("member", "other"))
    member.edit("two").type(" and a fifth").kept()
    HttpClient(server.url).sign_in("staff").submit(f"/notes/{pk}/settings/", people="other")
    expect(
        member.page.get_by_role("alert").filter(has_text="There is no such note, or it is for others.")
    ).to_be_visible()
    member.type(" and more")
    expect(member.box).to_have_value("two and a fifth and more")
    member.press("Save")
    expect(member.alert).to_contain_text("You may not write here any more.")
    expect(member.box).to_have_value("two and a fifth and more")
    other.edit("one").type(" for us").save()
    assert "for us" not in member.page.content()
    assert member.page.request.get(member.page.url).status == 404
    member.tab.go("/notes/")
    expect(member.page.get_by_text("two and a fifth and more")).to_be_visible()
    expect(member.page.get_by_text("Secret minutes")).to_have_count(0)
    assert other.texts == ["one for us", *NUMBERS[1:3]]


def test_plain_pages_on_a_phone_do_all_of_it_and_a_note_comes_in_and_is_taken_along(
    person: Invite, server: Server
) -> None:
    phone = {"java_script_enabled": False, "viewport": {"width": 360, "height": 740}}
    tab, long = person(server, **phone).sign_in("member").go("/notes/"), "x" * 90
    tab.page.get_by_role("link", name="New note").click()
    tab.page.get_by_label("Title").fill(long)
    tab.page.get_by_role("button", name="Create note").click()
    note = NotePage(tab, int(tab.page.url.split("/")[4]))
    for text in ("tea", "sugar\n\nmilk", long):
        note.press("New block")
        narrow(note).box.fill(text)
        note.press("Save and split" if "\n" in text else "Save")
    note.shows("tea", "sugar", "milk", long).button("milk", "More").click()
    narrow(note).press("Move up").shows("tea", "milk", "sugar", long)
    narrow(note).press("Move up").shows("milk", "tea", "sugar", long)
    note.press("Delete").shows("tea", "sugar", long)
    narrow(note).press("Undo").shows("milk", "tea", "sugar", long)
    note.button("sugar", "More").click()
    note.press("Join with the one above").shows("milk", "tea\nsugar", long)
    note.button("milk", "Edit").click()
    note.box.fill("oat milk")
    note.page.get_by_label("Kind").select_option("Check item")
    note.press("Save")
    note.button("oat milk", "Open").click()
    expect(note.button("oat milk", "Done")).to_be_attached()
    for ending, wanted in (("Markdown", "- [x] oat milk\n\ntea\n\nsugar\n"), ("HTML", "oat milk</")):
        with note.page.expect_download() as download:
            note.follow(f"Export as {ending}")
        taken = Path(download.value.path()).read_text()
        assert wanted in taken
        assert long in taken
    note.button("oat milk", "More").click()
    note.editor.get_by_role("link", name="History").click()
    expect(note.page.get_by_text("oat milk", exact=True)).to_be_visible()
    narrow(note).page.get_by_role("button", name="Go back to this").last.click()
    note.shows("milk", "tea\nsugar", long)
    narrow(note).follow("Import")
    note.page.get_by_label("Markdown").fill("## A heading\n\n- [ ] one\n- [x] two\n\n```\ncode\n```\n")
    narrow(note).page.get_by_role("button", name="Import").click()
    narrow(note).shows("milk", "tea\nsugar", long, "A heading", "one", "two", "code")


def narrow(note: NotePage) -> NotePage:
    """The same page, on which nothing is wider than the window, nor hidden at the pane's side."""
    boxes = note.page.evaluate(
        "[document.documentElement, ...document.querySelectorAll('.pane')].map(it => it.scrollWidth)"
    )
    assert max(boxes) <= 360, f"{boxes} on {note.page.url}"
    return note


def test_by_keyboard_alone_blocks_are_written_moved_and_deleted_and_others_hear_of_each_once(
    person: Invite, server: Server
) -> None:
    pk = note_of(server, "first", "- [ ] second")
    member, other = (NotePage(person(server).sign_in(name), pk).open().listen() for name in ("member", "other"))
    enter(member, member.page.get_by_role("button", name="New block", exact=True))
    expect(member.box).to_be_focused()
    member.type("third")
    enter(member, member.button_of_editor("Save"))
    expect(member.button_of_editor("New block below")).to_be_focused()
    up = member.button_of_editor("Move up")
    enter(member, up)
    member.shows("first", "third", "second")
    expect(up).to_be_focused()
    member.page.keyboard.press("Enter")
    member.shows("third", "first", "second")
    enter(member, member.button_of_editor("Delete"))
    expect(member.button_of_editor("Undo")).to_be_focused()
    member.shows("first", "second").page.keyboard.press("Enter")
    member.shows("third", "first", "second")
    expect(other.shows("third", "first", "second").row("second")).to_be_visible()
    enter(member, member.button("first", "More"), "Shift+Tab")
    enter(member, member.button_of_editor("Close"))
    expect(member.button("first", "More")).to_be_focused()
    enter(member, member.button("second", "Open"))
    expect(other.button("second", "Done")).to_be_attached()
    expect(member.button("second", "Done")).to_be_focused()
    did = ["added: third", "moved: third", "moved: third", "deleted: third", "put back: third", "ticked: second"]
    other.hears(*(f"member {each}" for each in did))
    expect(member.page.locator(f"#{member.key}-announce span")).not_to_be_visible()  # who did it need not be told


def enter(note: NotePage, button: Locator, key: str = "Tab") -> None:
    """Go to a button by keyboard, and press it."""
    for _ in range(60):
        if button.evaluate_all("found => found.includes(document.activeElement)"):
            break
        note.page.keyboard.press(key)
    expect(button).to_be_focused()
    note.page.keyboard.press("Enter")
