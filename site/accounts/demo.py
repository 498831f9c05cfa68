"""The demo's people: who they are, and how their passwords are kept harmless."""

import secrets

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import User

PASSWORD = "parlour"  # noqa: S105  public on purpose
SALT = "everybodyKnowsThisPassword"  # marks the public password wherever the database goes
PEOPLE: dict[str, dict[str, bool]] = {
    "staff": {"is_staff": True, "is_superuser": True},
    "member": {},
    "other": {},
}


def has_public_password(user: User) -> bool:
    """Whether this person still has the password that the README tells everybody."""
    return f"${SALT}$" in user.password


def make_people(public: bool) -> dict[str, str]:
    """Makes the demo's people; returns username → password for those whose password can be told.

    With `public` all have PASSWORD. Otherwise each gets a random one once, told this time only.
    """
    known = {person.username: person for person in User.objects.filter(username__in=PEOPLE)}
    people = [known.get(username) or User(username=username, **fields) for username, fields in PEOPLE.items()]
    wrong = [person for person in people if has_public_password(person) != public or not person.pk]
    told = {person.username: PASSWORD if public else secrets.token_urlsafe(9) for person in wrong}
    hashed = {password: _hash(password, public) for password in set(told.values())}
    with transaction.atomic():
        for person in wrong:
            person.password = hashed[told[person.username]]
            person.save()
    return dict.fromkeys(PEOPLE, PASSWORD) if public else told


def _hash(password: str, public: bool) -> str:
    return make_password(password, SALT if public else None)
