"""Who a session belongs to."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from accounts import demo
from accounts.models import User


class Backend(ModelBackend):
    """Django's own, but a demo's public password opens nothing where strangers can reach, old sessions neither."""

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session; nobody if anybody could have opened it."""
        user = super().get_user(user_id)
        return None if user is not None and closed(user) else user


def closed(user: Any) -> bool:
    """Whether this is a demo account outside a local demo."""
    return demo.has_public_password(user) and not (settings.DEMO and settings.LOCAL)
