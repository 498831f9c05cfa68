"""Who a session belongs to."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from accounts import demo
from accounts.models import User
from parlour import by_pk


class Backend(ModelBackend):
    """Django's own, but a demo's public password opens nothing where strangers can reach, old sessions neither.

    Programs come in by tokens and visitors of widgets by tickets, whatever password an admin may give them.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        signs_in = user is not None and user.kind in (User.Kind.ACCOUNT, User.Kind.GUEST)
        return signs_in and super().user_can_authenticate(user)

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session; nobody if anybody could have opened it. Every page asks."""
        return next(iter(self.get_users([user_id]).values()), None)

    def get_users(self, user_ids: Iterable[Any]) -> dict[Any, User]:
        """The same for many, by primary key. Sockets that come together ask."""
        users = by_pk(User, user_ids)
        return {pk: user for pk, user in users.items() if self.user_can_authenticate(user) and not closed(user)}


def closed(user: Any) -> bool:
    """Whether this is a demo account outside a local demo."""
    return demo.has_public_password(user) and not (settings.DEMO and settings.LOCAL)
