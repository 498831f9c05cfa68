"""The notes on a board that are to be done."""

from notes.models import Note, finish_note
from parlour import live_list


@live_list("notes/row.html", model=Note)
def notes(board):
    return Note.objects.filter(board=board, done=False)


@notes.hears
def finish(person, board, note):
    finish_note(board, note)
