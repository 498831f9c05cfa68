"""The notes on a board that are to be done."""

from django.core.exceptions import ValidationError

from notes.models import Note, add_note, finish_note
from parlour import live_list


@live_list("notes/row.html", model=Note)
def notes(board):
    return Note.objects.filter(board=board, done=False)


@notes.hears
def add(person, board, text):
    if len(text) > 200:
        raise ValidationError("A note has at most 200 characters.")
    add_note(board, text)


@notes.hears
def finish(person, board, note):
    finish_note(board, note)
