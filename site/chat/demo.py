"""The demo's rooms, and a conversation that shows what can be done in one."""

from django.contrib.auth import get_user_model

from rooms.models import Membership, Room
from rooms.posting import draft, post
from rooms.send_once import NumberedText

CONVERSATION = [
    ("staff", "Good evening, come in. No page here has a script of its own: the server renders HTML and pushes it."),
    ("member", "@other open this room in a second window and write. Both show it, and here it says who is typing."),
    (
        "other",
        "So that is what **Several lines** below is for:\n\n- lists\n- `code`, *emphasis* and https://htmx.org\n\n"
        "> and what somebody else said",
    ),
    (
        "staff",
        "Now pull the cable:\n\n1. end the server with Ctrl-C\n2. write, and it stays grey\n3. `make run` again\n\n"
        "It arrives once and in its place, @member has tried it often enough.",
    ),
    (
        "member",
        "And then look at /shop/, at /shop/imports/ for a bar that moves, and as staff at /admin/ for its bell.",
    ),
]


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
    people = get_user_model()._default_manager.in_bulk({name for name, _ in CONVERSATION}, field_name="username")
    for name, text in CONVERSATION:
        post([draft(lobby.pk, people[name].pk, NumberedText("", 0, text))])
