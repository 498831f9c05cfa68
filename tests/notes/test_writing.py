"""What is done in a note: nothing that was typed or saved is lost, whoever else writes there."""

import asyncio

import pytest
from django.utils import timezone

from alerts import resolve
from alerts.bell import bells
from alerts.models import Alert
from notes import markdown, writing
from notes.models import Block, Draft, Kind, Note, Revision
from parlour import Denied, models
from parlour.database import run as in_thread
from rooms.models import Membership, Room
from rooms.reading import mark_room_read

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_second_save_of_one_version_overwrites_nothing_and_both_stand_in_the_history(ann, ben, note, blocks, type_in):
    mine = type_in(ann, blocks[0], "one of Ann")
    Block.objects.update(writer=None, until=None)  # a minute of silence
    writing.act(ben, note.pk, "save", type_in(ben, blocks[0], "one of Ben"))
    pane = writing.act(ann, note.pk, "save", mine)
    block = note.blocks.get(pk=blocks[0].pk)
    assert (pane.state, block.text) == ("conflict", "one of Ben")
    assert pane.draft.text == "one of Ann"
    assert block.revisions.get(aside=True).text == "one of Ann"  # though she may never come back
    writing.act(ann, note.pk, "save", mine | {"base": str(pane.draft.base)})
    block.refresh_from_db()
    assert block.text == "one of Ann"
    assert list(block.revisions.order_by("pk").values_list("text", flat=True)) == [
        "one",
        "one of Ben",
        "one of Ann",
        "one of Ann",
    ]


def test_a_conflict_can_end_with_theirs_or_with_both(ann, ben, note, blocks, type_in, texts):
    for verb, expected in (("theirs", "theirs of Ben"), ("both", "both of Ben\n\nof Ann")):
        block = note.blocks.get(pk=blocks[0].pk)
        mine = type_in(ann, block, "of Ann")
        Block.objects.update(writer=None, until=None)
        writing.act(ben, note.pk, "save", type_in(ben, block, f"{verb} of Ben"))
        pane = writing.act(ann, note.pk, "save", mine)
        writing.act(ann, note.pk, verb, mine | {"base": str(pane.draft.base), verb: str(block.pk)})
        assert texts(note)[0] == expected
        assert not Draft.objects.exists()
        assert Revision.objects.filter(text="of Ann", aside=True).exists()


def test_a_third_text_meanwhile_is_a_conflict_again(ann, ben, note, blocks, type_in, texts):
    mine = type_in(ann, blocks[0], "of Ann")
    for text in ("of Ben", "of Ben again"):
        Block.objects.update(writer=None, until=None)
        writing.act(ben, note.pk, "save", type_in(ben, note.blocks.get(pk=blocks[0].pk), text))
        pane = writing.act(ann, note.pk, "both", mine | {"both": str(blocks[0].pk)})
        assert (pane.state, texts(note)[0]) == ("conflict", text)
        mine |= {"base": str(pane.draft.base)}


async def test_of_two_who_save_at_the_same_instant_one_has_a_conflict(ann, ben, note, blocks, type_in):
    for n in range(5):
        block = await note.blocks.aget(pk=blocks[n % 3].pk)
        sent = []
        for person in (ann, ben):
            sent.append(await in_thread(type_in, person, block, f"{person.name} {n}"))
            await Block.objects.aupdate(writer=None, until=None)
        both = [in_thread(writing.act, person, note.pk, "save", sent[at]) for at, person in enumerate((ann, ben))]
        states = sorted(pane.state for pane in await asyncio.gather(*both))
        assert states == ["conflict", "saved"]
        kept = {text async for text in Revision.objects.filter(block=block).values_list("text", flat=True)}
        assert kept >= {f"Ann {n}", f"Ben {n}"}
        await Draft.objects.all().adelete()


def test_what_is_typed_in_a_block_that_is_deleted_comes_back_and_can_be_kept(ann, ben, note, blocks, type_in, texts):
    mine = type_in(ann, blocks[1], "two, and more")
    writing.act(ben, note.pk, "delete", {"delete": str(blocks[1].pk)})
    assert texts(note) == ["one", "three"]
    with pytest.raises(writing.Refused, match="deleted") as refused:
        writing.act(ann, note.pk, "save", mine)
    assert refused.value.pane.draft.text == "two, and more"
    writing.act(ann, note.pk, "save", mine | {"revive": "1"})
    assert texts(note) == ["one", "two, and more", "three"]


def test_an_autosave_that_arrives_after_the_save_begins_no_new_draft(ann, note, blocks, type_in):
    mine = type_in(ann, blocks[0], "saved")
    writing.act(ann, note.pk, "save", mine)
    writing.keep(ann, note.pk, mine | {"text": "late"})
    assert not Draft.objects.exists()


def test_a_draft_is_kept_though_its_writer_may_write_no_more_and_nothing_is_saved(ann, ben, note, blocks, type_in):
    mine = type_in(ben, blocks[0], "of Ben")
    Note.objects.update(access="members")
    writing.keep(ben, note.pk, mine | {"text": "of Ben, and more"})
    with pytest.raises(Denied):
        writing.act(ben, note.pk, "save", mine)
    assert Draft.objects.get(person=ben).text == "of Ben, and more"
    assert note.blocks.get(pk=blocks[0].pk).text == "one"


def test_nobody_reaches_the_draft_of_another(ann, ben, note, blocks, type_in):
    mine = type_in(ann, blocks[0], "of Ann")
    writing.keep(ben, note.pk, mine | {"text": "of Ben"})
    writing.act(ben, note.pk, "cancel", {"cancel": str(blocks[0].pk)})
    assert Draft.objects.get().text == "of Ann"


def test_a_block_in_which_nothing_was_saved_goes_with_its_draft(ann, note, blocks, texts):
    pane = writing.act(ann, note.pk, "add", {"add": str(blocks[0].pk)})
    assert texts(note) == ["one", "", "two", "three"]
    writing.act(ann, note.pk, "cancel", {"cancel": str(pane.block.pk)})
    assert texts(note) == ["one", "two", "three"]


def test_blocks_are_moved_split_joined_deleted_and_put_back(ann, note, blocks, type_in, texts):
    one, two, three = blocks
    writing.act(ann, note.pk, "up", {"up": str(three.pk)})
    writing.act(ann, note.pk, "up", {"up": str(three.pk)})
    assert texts(note) == ["three", "one", "two"]
    with pytest.raises(writing.Refused, match="first"):
        writing.act(ann, note.pk, "up", {"up": str(three.pk)})
    writing.act(ann, note.pk, "split", type_in(ann, one, "a\n\nb\n\nc") | {"split": str(one.pk)})
    assert texts(note) == ["three", "a", "b", "c", "two"]
    writing.act(ann, note.pk, "join", {"join": str(two.pk)})
    assert texts(note) == ["three", "a", "b", "c\n\ntwo"]
    writing.act(ann, note.pk, "restore", {"restore": str(two.pk)})
    assert texts(note) == ["three", "a", "b", "c\n\ntwo", "two"]


def test_there_is_always_a_place_between_two_blocks(ann, note, monkeypatch, texts):
    monkeypatch.setattr(models, "STEP", 8)
    writing.act(ann, note.pk, "append", {}, [(Kind.TEXT, text, False) for text in ("one", "two", "three")])
    blocks = list(note.blocks.order_by("place"))
    for n in range(9):
        pane = writing.act(ann, note.pk, "add", {"add": str(blocks[0].pk)})
        text = {"block": str(pane.block.pk), "text": str(n), "base": "0", "save": str(pane.block.pk)}
        writing.act(ann, note.pk, "save", text)
    assert texts(note) == ["one", *map(str, reversed(range(9))), "two", "three"]


def test_a_block_goes_back_to_what_it_said_and_the_history_has_both(ann, note, blocks, type_in, texts):
    writing.act(ann, note.pk, "save", type_in(ann, blocks[0], "changed"))
    first = blocks[0].revisions.earliest("pk")
    writing.act(ann, note.pk, "back", {"back": str(first.pk)})
    assert texts(note)[0] == "one"
    assert list(blocks[0].revisions.order_by("pk").values_list("text", flat=True)) == ["one", "changed", "one"]


def test_who_is_mentioned_and_may_read_is_alerted_once(ann, ben, note, blocks, type_in):
    Note.objects.update(access="members")
    writing.act(ann, note.pk, "save", type_in(ann, blocks[0], "ask @ben"))
    assert not Alert.objects.exists()
    writing.act(ann, note.pk, "save", type_in(ann, blocks[0], "ask"))
    note.members.add(ben)
    writing.act(ann, note.pk, "save", type_in(ann, blocks[0], "ask @ben now"))
    resolve(blocks[0])  # he has seen it
    writing.act(ann, note.pk, "save", type_in(ann, blocks[0], "ask @ben again"))
    assert Alert.objects.get().audience == f"user.{ben.pk}"


def test_who_is_mentioned_in_any_paragraph_of_a_text_that_is_split_is_alerted_once(ann, ben, note, blocks, type_in):
    writing.act(ann, note.pk, "split", type_in(ann, blocks[0], "we ask\n\n@ben, and\n\n@ben") | {"split": blocks[0].pk})
    assert Alert.objects.get().audience == f"user.{ben.pk}"


def test_a_note_comes_back_from_markdown_as_it_went(ann, note, blocks):
    text = (
        "# Plan\n\n## Tea\n\nAbout **tea**.\n\n- green\n- black\n\n- [x] kettle\n- [ ] cups\n\n"
        "```\n# no heading\n\n- no list\n```\n\n### Later\n\n1. first\n2. second\n"
    )
    other = Note.objects.create(title="Plan", owner=ann)
    writing.act(ann, other.pk, "append", {}, markdown.imported(text, "Plan"))
    kinds = list(other.blocks.order_by("place").values_list("kind", flat=True))
    assert kinds == ["heading", "text", "list", "check", "check", "code", "subheading", "list"]
    assert markdown.exported(other, list(other.blocks.order_by("place"))) == text


def test_in_a_room_the_rights_are_the_rooms(ann, ben, gus):
    room = Room.objects.create(title="Den", owner=ann, access="members", guests="none")
    note = Note.objects.create(title="Inside", room=room, owner=ann)
    Membership.objects.create(room=room, person=ann)
    writing.act(ann, note.pk, "add", {"add": "0"})
    for person in (ben, gus):
        with pytest.raises(Denied):
            writing.act(person, note.pk, "add", {"add": "0"})
    Room.objects.update(archived=timezone.now())
    with pytest.raises(Denied):
        writing.act(ann, note.pk, "add", {"add": "0"})


def test_a_tick_is_for_everybody_and_makes_no_conflict(ann, ben, note, type_in):
    writing.act(ann, note.pk, "append", {}, [(Kind.CHECK, "tea", False)])
    block = note.blocks.get()
    mine = type_in(ann, block, "green tea")
    writing.act(ben, note.pk, "tick", {"tick": str(block.pk)})
    writing.act(ann, note.pk, "save", mine)
    block.refresh_from_db()
    assert (block.text, block.done) == ("green tea", True)


def test_who_reads_the_room_of_the_same_number_has_not_read_what_a_note_tells(ann, ben, note, blocks, type_in):
    room = Room.objects.create(pk=note.pk, title="Lobby", owner=ann)
    writing.act(ann, note.pk, "save", type_in(ann, blocks[0], "@ben, look"))
    mark_room_read(ben, room)
    assert bells([ben.pk])[ben.pk].unseen == 1
