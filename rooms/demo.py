"""The demo's rooms."""

from django.contrib.auth import get_user_model

from rooms.models import Membership, Room


def make_demo_rooms() -> None:
    """`lobby`, open to all and to guests, and `team`, for staff and member; made if missing."""
    people = {
        person.username: person for person in get_user_model()._default_manager.filter(username__in=["staff", "member"])
    }
    Room.objects.get_or_create(
        slug="lobby",
        defaults={
            "title": "Lobby",
            "about": "Come in, say hello.",
            "guests": Room.Guests.WRITE,
            "owner": people["staff"],
        },
    )
    team, _ = Room.objects.get_or_create(
        slug="team",
        defaults={
            "title": "Team",
            "about": "For the people who work here.",
            "access": Room.Access.MEMBERS,
            "guests": Room.Guests.NONE,
            "owner": people["staff"],
        },
    )
    for person in people.values():
        Membership.objects.get_or_create(room=team, person=person)
