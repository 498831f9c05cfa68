"""The demo's rooms, and a conversation that shows what can be done in one."""

from io import BytesIO
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageOps

from rooms import unread
from rooms.editing import edit, version_of
from rooms.files import post_files, prepare_soon
from rooms.models import Membership, Room
from rooms.pins import set_pinned
from rooms.posting import post, prepare
from rooms.reactions import react
from rooms.send_once import NumberedText

WELCOME = "Good evening, come in. No page here has a script of its own: the server renders HTML and pushes it."
SEVERAL = (
    "So that is what **Several lines** below is for:\n\n- lists\n- `code`, *emphasis* and https://htmx.org\n\n"
    "> and what somebody else said"
)
CABLE = (
    "Now pull the cable:\n\n1. end the server with Ctrl-C\n2. write, and it stays grey\n3. `make run` again\n\n"
    "It arrives once and in its place, @member has tried it often enough."
)


def make_demo_rooms() -> None:
    """`lobby`, open to all and to guests, and `team`, for staff and member; made if missing."""
    people = get_user_model()._default_manager.in_bulk(["staff", "member"], field_name="username")
    open_to_all = {"guests": Room.Guests.WRITE, "owner": people["staff"]}
    closed = {"access": Room.Access.MEMBERS, "guests": Room.Guests.NONE, "owner": people["staff"]}
    words = {"title": "Lobby", "about": "Come in, say hello."}
    Room.objects.get_or_create(slug="lobby", defaults=words | open_to_all)
    words = {"title": "Team", "about": "For the people who work here."}
    team, _ = Room.objects.get_or_create(slug="team", defaults=words | closed)
    for person in people.values():
        Membership.objects.get_or_create(room=team, person=person)


def make_demo_conversation() -> None:
    """Let the demo's people talk in the lobby, unless somebody has talked there already."""
    lobby = Room.objects.get(slug="lobby")
    if lobby.messages.exists():
        return
    names = ["staff", "member", "other"]
    people = get_user_model()._default_manager.in_bulk(names, field_name="username")
    staff, member, other = (people[name] for name in names)

    def say(person: Any, text: str, answers: int = 0) -> Any:
        return post([prepare(lobby.pk, person.pk, NumberedText("", 0, text, answers))])[0]

    welcome = say(staff, WELCOME)
    set_pinned(welcome.pk, True)
    say(member, "@other open this room in a second window and write. Both show it, and here it says who is typing.")
    say(other, SEVERAL)
    cable = say(staff, CABLE.replace("arrives", "arives"))
    edit(cable.pk, prepare(lobby.pk, staff.pk, NumberedText("", 0, CABLE)), version_of(cable))
    post_files(other, lobby, "demo", [_evening()])
    prepare_soon().result()
    seen = say(member, "Three times today, nothing lost. Then look at /shop/, and as staff at /admin/.", cable.pk)
    for message, person, kind in ((welcome, member, "👍"), (welcome, other, "👍"), (seen, staff, "🎉")):
        react(person, message.pk, kind)
    unread.move({(member.pk, lobby.pk): seen.seq})
    say(
        other, "Point at any message, or touch its **⋯**: answer, react, edit, pin, delete. Files are dropped anywhere."
    )


def _evening() -> SimpleUploadedFile:
    """A picture, drawn here."""
    picture = ImageOps.colorize(Image.linear_gradient("L").resize((960, 540)), "#26345f", "#f7b267", mid="#d1626c")
    drawing = ImageDraw.Draw(picture)
    drawing.ellipse((400, 330, 560, 490), fill="#fff1d0")
    drawing.polygon([(0, 470), (250, 380), (520, 480), (760, 400), (960, 470), (960, 540), (0, 540)], fill="#1d2440")
    picture.save(content := BytesIO(), "JPEG")
    return SimpleUploadedFile("evening.jpg", content.getvalue())
