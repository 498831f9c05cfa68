"""Files: dropped on a room, seen by everybody there, enlarged; without script too, on a phone."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from .support.appearance import fits, is_accessible
from .support.people import Person
from .support.servers import Server

Invite = Callable[..., Person]


def files_in(folder: Path) -> list[str]:
    """A photo, a note, and a drawing that could run programs."""
    Image.linear_gradient("L").resize((800, 500)).convert("RGB").save(folder / "lake.jpg")
    (folder / "notes & plans.txt").write_text("hello")
    (folder / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return [str(folder / name) for name in ("lake.jpg", "notes & plans.txt", "drawing.svg")]


def drop(somebody: Person, files: list[str]) -> None:
    """Drag files over the conversation, and let them go there once the page says that it takes them."""
    line = somebody.context.new_cdp_session(somebody.page)
    here = somebody.log.bounding_box() or {"x": 0, "y": 0}
    event = {"x": here["x"] + 9, "y": here["y"] + 9, "data": {"items": [], "files": files, "dragOperationsMask": 1}}
    line.send("Input.dispatchDragEvent", {"type": "dragEnter", **event})
    expect(somebody.talk.locator(".pl-drop > i")).to_be_attached()
    for kind in ("dragOver", "drop"):
        line.send("Input.dispatchDragEvent", {"type": kind, **event})


def test_files_are_dropped_and_seen_and_enlarged_by_keyboard(person: Invite, server: Server, tmp_path: Path) -> None:
    photo, note, drawing = files_in(tmp_path)
    other = person(server).sign_in("other").open_room("lobby")
    member = person(server).sign_in("member").open_room("lobby").say("look").type("half a sentence")
    drop(member, [photo, note])
    expect(member.talk.locator(".pl-drop > i")).to_have_count(0)
    member.page.get_by_role("button", name="Send files").press("Enter")
    expect(member.page.get_by_label("Files", exact=True)).to_be_focused()
    for somebody in (member, other):
        enlarge = somebody.log.get_by_role("button", name="lake.jpg")
        expect(enlarge.get_by_role("img")).to_have_js_property("naturalWidth", 640)
    expect(member.box).to_have_value("half a sentence")
    enlarge.focus()
    other.page.keyboard.press("Enter")
    large = other.log.locator("[popover]:popover-open img")
    expect(large).to_have_js_property("naturalWidth", 800)
    is_accessible(other)
    other.page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(enlarge).to_be_focused()
    with other.page.expect_download() as download:
        other.log.get_by_role("link", name="notes & plans.txt").click()
    assert (download.value.suggested_filename, Path(download.value.path()).read_text()) == (
        "notes & plans.txt",
        "hello",
    )
    drop(member, [drawing])
    member.page.get_by_role("button", name="Send files").click()
    expect(member.page.get_by_role("alert").filter(has_text="drawing.svg: Web pages and SVG")).to_be_visible()
    member.page.route("**/files/", lambda it: it.fulfill(status=413) if it.request.method == "POST" else it.continue_())
    member.page.get_by_role("button", name="Send files").click()  # a proxy rejects it as too large
    expect(member.page.get_by_role("alert").filter(has_text="Send 10 files at most")).to_be_visible()
    member.page.get_by_role("button", name="Discard").click()
    expect(member.page.get_by_role("button", name="Send files")).to_be_hidden()


def test_files_are_sent_and_enlarged_without_script_on_a_phone(person: Invite, server: Server, tmp_path: Path) -> None:
    photo, _, drawing = files_in(tmp_path)
    phone = {"viewport": {"width": 360, "height": 640}, "java_script_enabled": False}
    plain = person(server, **phone).sign_in("member").open_room("team", live=False)
    plain.page.get_by_label("Files", exact=True).set_input_files(drawing)
    plain.page.get_by_role("button", name="Send files").click()
    expect(plain.page.get_by_role("alert").filter(has_text="drawing.svg: Web pages and SVG")).to_be_visible()
    plain.page.get_by_label("Files", exact=True).set_input_files(photo)
    plain.page.get_by_role("button", name="Send files").click()
    plain.page.wait_for_url("**/rooms/team/#**")
    enlarge = plain.log.get_by_role("button", name="lake.jpg")
    while not enlarge.count():  # it is prepared in the background
        plain.page.reload()
    enlarge.click()
    expect(plain.log.locator("[popover]:popover-open img")).to_be_visible()
    fits(plain, "enlarged-on-a-phone")
    plain.page.get_by_role("button", name="Close").click()
    expect(plain.log.locator("[popover]:popover-open")).to_have_count(0)
