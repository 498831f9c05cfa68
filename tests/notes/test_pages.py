"""The pages of notes: who may not read one learns nothing of it; without script all works; nothing typed is lost."""

import re
from html import unescape
from io import BytesIO

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse
from django.utils import timezone
from PIL import Image

from accounts.models import User
from notes import writing
from notes.forms import NoteForm
from notes.models import Block, Draft, Kind, Note
from rooms.models import Membership, Room
from tests.examples import ROOT
from tests.rooms.posts import lines
from tests.rooms.test_every_address import routes

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "wintermoth"
LONG = "and more " * 200


def addresses():
    """All of notes, for the first note and its first block."""
    for name, route in routes(get_resolver().url_patterns):
        if name.startswith("notes:"):
            values = {"pk": Note.objects.earliest("pk").pk, "block": Block.objects.earliest("pk").pk}
            yield name, reverse(name, kwargs={key: values[key] for key in route.pattern.converters})


def rows():
    return [
        list(model._default_manager.order_by("pk").values_list()) for model in apps.get_app_config("notes").get_models()
    ]


@pytest.fixture(params=["alone", "in a room", "deleted"])
def secret(request, ann, ben):
    """A note for Ann alone with a block in it, on which Ben once began a draft."""
    room = None
    if request.param == "in a room":
        room = Room.objects.create(title="Den", owner=ann, access="members", guests="none")
        Membership.objects.create(room=room, person=ann)
    note = Note.objects.create(title=SECRET, owner=ann, access="members", room=room)
    writing.act(ann, note.pk, "append", {}, [(Kind.CHECK, SECRET, False)])
    writing.act(ann, note.pk, "edit", {"edit": str(note.blocks.get().pk)})
    Draft.objects.create(block=note.blocks.get(), person=ben, text="of Ben")
    if request.param == "deleted":
        writing.set_state(note, "remove")
    return note


@pytest.mark.parametrize("name", ["ben", "sue", None])
def test_whoever_may_not_read_a_note_learns_nothing_of_it_and_changes_nothing(client, secret, sue, name):
    if name:
        client.force_login(User.objects.get(username=name))
    block, before = secret.blocks.get(), rows()
    typed = {"block": str(block.pk), "base": "1", "title": "x", "access": "open", "text": "x"}
    forms = [{verb: str(block.pk)} | typed for verb in [*writing.VERBS, "archive", "recover"]]
    forms += [{"back": str(block.revisions.get().pk)}, {"save": str(block.pk), "revive": "1"} | typed]
    for route, address in addresses():
        if route not in ("notes:home", "notes:new"):
            answers = [client.get(address), client.post(address, typed)]
            answers += [
                client.post(address, form, headers={"HX-Request": "true"}) for form in forms if route == "notes:do"
            ]
            for answer in answers:
                assert SECRET not in b"".join(answer).decode(errors="replace"), address
    for query in ("/notes/", f"/notes/?q={SECRET}", "/notes/?archived=1"):
        assert SECRET not in client.get(query).content.decode().replace(f'value="{SECRET}"', "")
    assert rows() == before


def test_who_reads_and_may_not_write_sees_no_buttons_and_changes_nothing(client, note, blocks, gus):
    client.force_login(gus)
    page = client.get(f"/notes/{note.pk}/").content.decode()
    assert 'data-role="reader"' in page
    assert "New block" not in page
    before = rows()
    for verb in writing.VERBS:
        client.post(f"/notes/{note.pk}/do/", {verb: str(blocks[0].pk), "text": "x", "block": str(blocks[0].pk)})
    for name in ("settings", "import", "image"):
        assert client.post(reverse(f"notes:{name}", args=[note.pk]), {"title": "x", "text": "x"}).status_code in (
            403,
            404,
        )
    assert rows() == before


def fields_of(page):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def test_without_script_one_writes_saves_moves_and_undoes(client, ann, note, blocks, texts):
    client.force_login(ann)
    address = f"/notes/{note.pk}/do/"
    page = client.post(address, {"edit": str(blocks[0].pk)}, follow=True).content.decode()
    assert ">\none</textarea>" in page
    sent = fields_of(page.partition('id="note-')[2]) | {"kind": "heading", "text": "First"}
    page = client.post(address, sent | {"save": str(blocks[0].pk)}, follow=True).content.decode()
    assert "<h2>First</h2>" in page
    assert "New block below" in page
    client.post(address, {"down": str(blocks[0].pk)}, follow=True)
    assert texts(note) == ["two", "First", "three"]
    page = client.post(address, {"delete": str(blocks[0].pk)}, follow=True).content.decode()
    assert 'name="restore"' in page
    assert texts(note) == ["two", "three"]
    client.post(address, {"restore": str(blocks[0].pk)})
    assert texts(note) == ["two", "First", "three"]


def test_a_conflict_without_script_shows_both_texts_and_keeps_what_was_typed(client, ann, ben, note, blocks, type_in):
    mine = type_in(ann, blocks[0], "one of Ann")
    Block.objects.update(writer=None, until=None)
    writing.act(ben, note.pk, "save", type_in(ben, blocks[0], "one of Ben"))
    client.force_login(ann)
    answer = client.post(f"/notes/{note.pk}/do/", mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "<del>Ben</del>" in page
    assert "<ins>Ann</ins>" in page
    assert ">\none of Ann</textarea>" in page
    assert f'name="base" value="{Block.objects.get(pk=blocks[0].pk).version}"' in page


def test_what_was_refused_leaves_the_text_in_the_box(client, ann, note, blocks, type_in):
    client.force_login(ann)
    mine = type_in(ann, blocks[0], "x" * 4001)
    answer = client.post(f"/notes/{note.pk}/do/", mine)
    assert answer.status_code == 409
    assert "too long" in answer.content.decode()
    assert "x" * 4001 in answer.content.decode()
    answer = client.post(f"/notes/{note.pk}/do/", mine, headers={"HX-Request": "true"})
    assert "too long" in answer.content.decode()
    assert "textarea" not in answer.content.decode()


def test_whose_rights_went_while_writing_reads_so_and_finds_the_text_again(client, ann, ben, note, blocks, type_in):
    client.force_login(ben)
    mine = type_in(ben, blocks[0], "of Ben")
    Note.objects.update(access="members")
    answer = client.post(f"/notes/{note.pk}/do/", mine | {"text": "of Ben, to the end"}, headers={"HX-Request": "true"})
    assert "You may not write here any more" in answer.content.decode()
    page = client.get("/notes/").content.decode()
    assert "of Ben, to the end" in page
    assert "Plan" not in page


def test_a_history_marks_what_stands_there_and_leads_back_to_its_block(client, ben, note, blocks, type_in):
    block = blocks[1]
    writing.act(ben, note.pk, "save", type_in(ben, block, "two and a half"))
    client.force_login(ben)
    page = client.get(reverse("notes:history", args=[note.pk, block.pk])).content.decode()
    now, before = page.split('<li><p class="soft"')[1:]
    assert [words in now for words in ("this is what stands there", "Go back to this")] == [True, False]
    assert [words in before for words in ("this is what stands there", "Go back to this")] == [False, True]
    assert f'href="{block.get_absolute_url()}"' in page
    assert f"<title>History in {note.title}" in page


def test_who_writes_in_a_block_that_somebody_deletes_reads_who_did_after_a_reload_too(
    client, ann, ben, note, blocks, type_in
):
    block = blocks[1]
    fields = type_in(ben, block, "two and a half")
    writing.act(ann, note.pk, "delete", {"delete": str(block.pk)})
    client.force_login(ben)
    address = reverse("notes:note", args=[note.pk])
    for page in (client.post(f"{address}do/", fields), client.get(f"{address}?edit={block.pk}")):
        assert "<bdi>Ann</bdi> deleted this block." in page.content.decode()
        assert "two and a half" in page.content.decode()


@pytest.mark.parametrize(("language", "words"), [("en", "did not get through"), ("de", "kam nicht durch")])
def test_a_page_has_words_in_its_language_for_a_press_that_does_not_reach_the_server(client, note, language, words):
    page = client.get(reverse("notes:note", args=[note.pk]), headers={"Accept-Language": language}).content.decode()
    [name] = set(re.findall(r'hx-get="/static/(parlour/unsent[^"]*)"', page))
    assert words in (ROOT / "static" / name).read_text()


def test_the_second_page_of_archived_notes_has_archived_ones(client, ann, note):
    Note.objects.bulk_create(Note(title=f"old {n}", owner=ann, archived=timezone.now()) for n in range(51))
    link = re.search('href="([^"]*page=2)"', client.get("/notes/?archived=1").content.decode())
    page = client.get(f"/notes/{unescape(link.group(1))}").content.decode()
    assert "old " in page


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Plan for May", 'filename="plan-for-may.md"'),
        ("ملاحظات", "filename*=utf-8''%D9%85"),
        ("!?", 'filename="{pk}.md"'),
    ],
)
def test_an_export_is_named_after_its_note_in_every_script(client, ann, title, name):
    note = Note.objects.create(title=title, owner=ann)
    named = client.get(reverse("notes:export_markdown", args=[note.pk])).headers["Content-Disposition"]
    assert named.startswith(f"attachment; {name.format(pk=note.pk)}")


def test_an_image_is_shown_to_who_may_read_the_note_alone(client, ann, ben, note, blocks, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    Note.objects.update(access="members")
    client.force_login(ann)
    answer = post_picture(client, blocks[0], text="a picture", kind="image", base="1")
    address = re.search(r'<img src="(/rooms/[^"]+)" alt="a picture"', answer.content.decode())[1]
    assert client.get(address).status_code == 200
    client.force_login(ben)
    assert client.get(address).status_code == 404


def post_picture(client, block, **typed):
    """Press "Use this image" in a pane in which this is typed."""
    Image.new("RGB", (40, 30)).save(content := BytesIO(), "PNG")
    sent = {"image": str(block.pk), "block": str(block.pk), "file": SimpleUploadedFile("a.png", content.getvalue())}
    return client.post(f"/notes/{block.note_id}/image/", sent | typed, follow=True)


def test_an_image_overwrites_no_text_that_somebody_saved_meanwhile(
    client, ann, ben, note, blocks, texts, type_in, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    mine = type_in(ann, blocks[0], "a picture")
    Block.objects.update(writer=None, until=None)
    writing.act(ben, note.pk, "save", type_in(ben, blocks[0], "one of Ben"))
    client.force_login(ann)
    page = post_picture(client, blocks[0], text="a picture", draft=mine["draft"], base=mine["base"])
    assert "Nothing was overwritten" in page.content.decode()
    assert texts(note)[0] == "one of Ben"
    shown = fields_of(page.content.decode().partition('id="note-')[2])
    page = client.post(
        f"/notes/{note.pk}/do/", shown | {"kind": "image", "text": "a picture", "save": str(blocks[0].pk)}, follow=True
    )
    assert re.search(r'<img src="/rooms/[^"]+" alt="a picture"', page.content.decode())


def test_an_image_replaces_no_other_that_somebody_chose_meanwhile(client, ann, ben, note, blocks, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    for person in (ann, ben):
        client.force_login(person)
        page = post_picture(client, blocks[0], text="", kind="image", base="1")
    assert "Nothing was overwritten" in page.content.decode()
    assert Block.objects.get(pk=blocks[0].pk).image.author == ann
    post_picture(client, blocks[0], text="", kind="image", base="2")
    assert Block.objects.get(pk=blocks[0].pk).image.author == ben


def test_an_image_whose_text_is_too_long_is_refused_in_words(client, ann, note, blocks, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(ann)
    answer = post_picture(client, blocks[0], text="x" * 4001, base="1")
    assert answer.status_code == 409
    assert "too long" in answer.content.decode()


def test_a_note_is_made_renamed_archived_deleted_and_put_back(client, ann, ben):
    client.force_login(ann)
    made = client.post("/notes/new/", {"title": "Plan", "access": "members", "people": "ben, nobody"})
    assert made.status_code == 422
    assert "nobody" in made.content.decode()
    client.post("/notes/new/", {"title": "Plan", "access": "members", "people": "BEN"})
    note = Note.objects.get()
    assert list(note.members.all()) == [ben]
    page = f"/notes/{note.pk}/settings/"
    client.post(page, {"title": "The plan", "access": "open", "people": ""})
    for state in ("archive", "unarchive", "remove", "recover"):
        client.post(page, {state: "1"})
        note.refresh_from_db()
        assert (bool(note.archived), bool(note.deleted)) == (state == "archive", state == "remove")
    assert "The plan" in client.get("/notes/?q=PLAN").content.decode()


def test_a_page_of_a_long_note_shows_its_beginning_and_a_link_to_a_block_shows_that(client, ann, note):
    writing.act(ann, note.pk, "append", {}, [(Kind.TEXT, f"line {n} {LONG}", False) for n in range(150)])
    last = note.blocks.latest("place")
    page = client.get(f"/notes/{note.pk}/").content.decode()
    assert "line 20 " in page
    assert "line 149 " not in page
    assert "Show more" in page
    assert "line 149" in client.get(last.get_absolute_url()).content.decode()


def test_a_page_without_a_socket_is_answered_with_the_note_as_it_is_and_its_cursor(client, ann, note, blocks):
    client.force_login(ann)
    sent = {"delete": str(blocks[0].pk), "plain": "1", "met": ""}
    answer = client.post(f"/notes/{note.pk}/do/", sent, headers={"HX-Request": "true"}).content.decode()
    assert "two" in answer
    assert f"#note-{note.pk}-rows" in answer
    assert re.search(rf'name="cursor" value="note\.{note.pk}:\w+\.4"', answer)
    answer = client.post(f"/notes/{note.pk}/do/", sent | {"met": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert f"#note-{note.pk}-rows" not in answer


def test_a_deleted_note_that_is_nobodys_any_more_is_in_no_list(client, ann, note):
    writing.set_state(note, "remove")
    Note.objects.update(owner=None)
    assert "Plan" not in client.get("/notes/?archived").content.decode()


def test_a_note_is_renamed_when_one_of_its_members_is_deactivated(client, ann, ben):
    note = Note.objects.create(title="Den", owner=ann, access="members")
    note.members.add(ben)
    User.objects.filter(pk=ben.pk).update(is_active=False)
    client.force_login(ann)
    shown = NoteForm(instance=note).initial["people"]
    sent = {"title": "Lair", "access": "members", "people": shown}
    assert client.post(f"/notes/{note.pk}/settings/", sent).status_code == 302
    assert [*note.members.all()] == [ben], "who is let in again finds it"


def test_a_file_of_markdown_may_begin_with_a_byte_order_mark(client, ann, note, texts):
    client.force_login(ann)
    file = SimpleUploadedFile("plan.md", "\ufeff# Plan\n\nmore".encode())
    client.post(f"/notes/{note.pk}/import/", {"file": file})
    assert texts(note) == ["more"]


def test_a_word_of_a_title_is_found_in_any_case(client, note):
    Note.objects.update(title="Die Übersicht")
    for typed in ("übersicht", "Übersicht", "die ü", "ÜBERSICHT"):
        assert "Die Übersicht" in client.get("/notes/", {"q": typed}).content.decode(), typed


def test_who_was_mentioned_in_a_note_that_is_deleted_is_led_nowhere(client, ann, ben, note, blocks, type_in):
    writing.act(ann, note.pk, "save", type_in(ann, blocks[0], "@ben, look"))
    assert lines(ben) == ["Ann mentioned you in the note “Plan”"]
    writing.set_state(note, "remove")
    assert lines(ben) == []


def test_what_a_note_tells_is_shown_to_who_may_read_it_alone(client, ann, ben, team, type_in):
    client.force_login(ann)
    team.members.add(ben)
    alone = Note.objects.create(title="Den", owner=ann, access="members")
    alone.members.add(ben)
    for note in (alone, Note.objects.create(title="Minutes", owner=ann, room=team)):
        writing.act(ann, note.pk, "append", {}, [(Kind.TEXT, "one", False)])
        writing.act(ann, note.pk, "save", type_in(ann, note.blocks.get(), "@ben, look"))
    told = [f"Ann mentioned you in the note “{title}”" for title in ("Minutes", "Den")]
    assert lines(ben) == told
    Membership.objects.get(room=team, person=ben).delete()
    assert lines(ben) == told[1:]
    client.post(f"/notes/{alone.pk}/settings/", {"title": "Lair", "access": "members", "people": "ben"})
    assert lines(ben) == told[1:]
    client.post(f"/notes/{alone.pk}/settings/", {"title": "Lair", "access": "members", "people": ""})
    assert lines(ben) == []
