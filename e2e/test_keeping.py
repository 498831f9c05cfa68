"""What was said elsewhere comes in, what was said here can be taken along, and is kept as long as a room says."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from .support.people import Person
from .support.servers import Server

NewPerson = Callable[..., Person]


def slack_export() -> bytes:
    """One channel with two messages; `member` is known here by their username, `zoë` by nobody."""
    names = {"U1": "member", "U2": "zoë"}
    people = [{"id": key, "name": name, "profile": {"real_name": name}} for key, name in names.items()]
    said = [("U1", "1700000000.000100", "Is _tea_ ready?"), ("U2", "1700000060.000200", "It is")]
    lines = [{"type": "message", "user": user, "ts": ts, "text": text} for user, ts, text in said]
    channel = [{"id": "C1", "name": "tea-talk", "members": ["U1", "U2"]}]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("users.json", json.dumps(people))
        packed.writestr("channels.json", json.dumps(channel))
        packed.writestr("tea-talk/2023-11-14.json", json.dumps(lines))
    return out.getvalue()


def test_conversations_come_in_and_are_taken_along_on_a_phone(person: NewPerson, server: Server) -> None:
    staff = person(server, viewport={"width": 360, "height": 700}).sign_in("staff")
    staff.go("/imports/").page.get_by_label("Zip file").set_input_files(
        [{"name": "export.zip", "mimeType": "application/zip", "buffer": slack_export()}]
    )
    staff.page.get_by_role("button", name="Import", exact=True).press("Enter")
    expect(staff.page.get_by_text("2 messages are in")).to_be_visible(timeout=20_000)
    staff.page.reload()
    staff.page.get_by_role("list", name="Rooms").get_by_role("link", name="tea-talk").click()
    staff.wait_live().sees("Is tea ready?").sees("It is")
    expect(staff.log.get_by_role("heading").first).to_have_text("Tuesday 14 November 2023")
    staff.go(f"{staff.page.url.removeprefix(staff.url)}settings/")
    kept = {}
    for link in ("as a page", "as JSON"):
        with staff.page.expect_download() as download:
            staff.page.get_by_role("link", name=link).click()
        kept[link] = Path(download.value.path()).read_text()
    assert "<em>tea</em>" in kept["as a page"]
    assert [line["text"] for line in json.loads(kept["as JSON"])["messages"]] == ["Is _tea_ ready?", "It is"]
    staff.page.get_by_label("Keep messages").select_option("30 days")
    staff.page.get_by_role("button", name="Save").click()
    expect(staff.page.get_by_text("Messages are kept for 30 days").first).to_be_attached()
