"""The demo's notes: one that everybody may write, and one of a room."""

from django.contrib.auth import get_user_model

from notes import writing
from notes.markdown import imported
from notes.models import Kind, Note
from rooms.models import Room

EVENING = """Several people write this page together, block by block, and no script of ours is on it.

## Try it

Open it in a second window as somebody else. Press **Edit** at this block, and the other window says who writes here.

- what you type is kept while you type it
- reload, or go on with your phone
- pull the cable, and plug it in again

## For tonight

- [x] Trim the lamps
- [ ] Fill the kettle, @member
- [ ] Read what is new at https://htmx.org

```
make run
```
"""


def make_demo_notes() -> None:
    """An evening's plan, and minutes of the team, with one thing said twice; made if there are no notes."""
    if Note.objects.exists():
        return
    people = get_user_model()._default_manager.in_bulk(["staff", "member"], field_name="username")
    evening = Note.objects.create(title="An evening together", owner=people["staff"])
    writing.act(people["staff"], evening.pk, "append", {}, imported(EVENING, ""))
    block = evening.blocks.get(kind=Kind.HEADING, text="For tonight")
    change = {"save": str(block.pk), "block": str(block.pk), "text": "For this evening", "base": str(block.version)}
    writing.act(people["member"], evening.pk, "save", change)
    minutes = Note.objects.create(
        title="Minutes of the team", room=Room.objects.get(slug="team"), owner=people["staff"]
    )
    writing.act(people["staff"], minutes.pk, "append", {}, [(Kind.TEXT, "Who reads the room reads this too.", False)])
