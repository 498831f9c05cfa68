"""The demo's rooms."""

from django.contrib.auth import get_user_model

from rooms.models import Membership, Room


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
