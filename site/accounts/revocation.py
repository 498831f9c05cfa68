"""Cuts off who lost the right to listen: signed out, changed, deactivated, deleted."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models.signals import post_delete, post_save

from accounts.models import User
from parlour import revoke


def connect() -> None:
    """Called once, when the app is ready."""
    post_delete.connect(signed_out, sender=Session, dispatch_uid="accounts.signed_out")
    post_save.connect(changed, sender=User, dispatch_uid="accounts.changed")
    post_delete.connect(gone, sender=User, dispatch_uid="accounts.gone")


def signed_out(instance: Session, **kwargs: Any) -> None:
    """A session's end, however it came."""
    user_pk = instance.get_decoded().get(SESSION_KEY)
    if user_pk:
        revoke(int(user_pk))


def changed(instance: User, created: bool, raw: bool, update_fields: Any, **kwargs: Any) -> None:
    """Any change to a person but the date of the last sign-in."""
    if not created and not raw and set(update_fields or ()) != {"last_login"}:
        revoke(instance.pk)


def gone(instance: User, **kwargs: Any) -> None:
    """A deleted person."""
    revoke(instance.pk)
