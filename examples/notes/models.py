"""Notes, which Parlour numbers, and the writes that tell of them."""

from django.db import models

from parlour import Numbered, live_write


class Note(Numbered):
    """What somebody wrote on a board."""

    board = models.CharField(max_length=20)
    text = models.CharField(max_length=200)
    done = models.BooleanField(default=False)

    @property
    def stream(self):
        return f"notes.{self.board}"


@live_write
def add_note(change, board, text):
    change.add(Note(board=board, text=text))


@live_write
def finish_note(change, board, pk):
    note = Note.objects.select_for_update().get(board=board, pk=pk)
    note.done = True
    change.edit(note, "done")
