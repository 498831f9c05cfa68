"""What one person types on several devices, on a bad line: no older text comes back over it, no conflict is missed."""

import re
from html import unescape

import pytest
from django.test import Client

from notes.models import Block, Draft

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
FIELD = re.compile(r'<input type="hidden" name="(draft|block|base|given|revive)" value="([^"]*)"')


class Device:
    """A browser of somebody who writes in a note."""

    def __init__(self, client, person, note):
        self.client, self.address, self.fields = client, note.get_absolute_url(), {"kind": "text"}
        client.force_login(person)

    def load(self):
        """Load the note; the editor is filled with what is unsaved."""
        return self._take(self.client.get(self.address).content.decode())

    def does(self, verb, block, **changes):
        """Press a button, or have what is typed kept."""
        self.fields |= changes
        answer = self.client.post(f"{self.address}do/", {**self.fields, verb: block.pk}, headers=HTMX)
        assert answer.status_code == 200
        return self._take(answer.content.decode())

    def _take(self, markup):
        """The fields of a form that arrived, with its markup."""
        self.fields |= {name: unescape(value) for name, value in FIELD.findall(markup)}
        if found := re.search(r'<textarea[^>]* name="text"[^>]*>\n?(.*?)</textarea>', markup, re.S):
            self.fields["text"] = unescape(found[1])
        return markup


@pytest.fixture
def device(note):
    return lambda person: Device(Client(), person, note)


def minute_of_silence():
    Block.objects.update(writer=None, until=None)


def saved_by_ben(device, ben, block):
    """Ben saves another text meanwhile."""
    minute_of_silence()
    other = device(ben)
    other.does("edit", block)
    other.does("save", block, text="one of Ben")
    assert Block.objects.get(pk=block.pk).text == "one of Ben"


def test_a_conflict_whose_answer_was_lost_is_shown_when_the_page_is_loaded_again(ann, ben, note, blocks, device):
    laptop, block = device(ann), blocks[0]
    laptop.does("edit", block)
    laptop.does("keep", block, text="one of Ann")
    saved_by_ben(device, ben, block)
    laptop.does("save", block)  # nobody sees the answer
    laptop.load()
    assert "Nothing was overwritten" in laptop.does("save", block)
    assert Block.objects.get(pk=block.pk).text == "one of Ben"


def test_what_one_device_types_is_not_taken_for_based_on_what_another_has_seen(ann, ben, note, blocks, device):
    laptop, telephone, block = device(ann), device(ann), blocks[0]
    laptop.does("edit", block)
    saved_by_ben(device, ben, block)
    telephone.does("edit", block)
    assert telephone.fields["text"] == "one of Ben"
    laptop.does("keep", block, text="one of Ann")
    telephone.load()
    telephone.does("save", block, text="one of Ann, by telephone")
    assert Block.objects.get(pk=block.pk).text == "one of Ben"


def test_a_device_on_which_nothing_is_typed_keeps_nothing(ann, note, blocks, device):
    laptop, telephone, block = device(ann), device(ann), blocks[0]
    laptop.does("edit", block)
    laptop.does("keep", block, text="one and")
    telephone.load()
    assert telephone.fields["text"] == "one and"
    laptop.does("keep", block, text="one and a half")
    telephone.does("keep", block)  # its socket opens
    assert Draft.objects.get().text == "one and a half"
    telephone.does("keep", block, text="one and a third")
    telephone.does("keep", block, text="one and")
    assert Draft.objects.get().text == "one and"


def test_who_puts_back_a_block_that_another_had_changed_chooses_too(ann, ben, note, blocks, device):
    laptop, block = device(ann), blocks[0]
    laptop.does("edit", block)
    laptop.does("keep", block, text="one of Ann")
    saved_by_ben(device, ben, block)
    device(ben).does("delete", block)
    assert "Put it back with my text" in laptop.does("save", block)
    both = laptop.does("save", block)
    assert all(words in both for words in ("Save mine", "Keep theirs", "Both, one after the other"))
    laptop.does("both", block)
    restored = Block.objects.get(pk=block.pk)
    assert (restored.text, restored.deleted) == ("one of Ben\n\none of Ann", None)
