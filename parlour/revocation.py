"""Whoever signs out, is changed, deactivated or deleted has their open pages authorized anew, in any project."""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db.models.signals import post_delete, post_save

from parlour.writes import revoke


def connect() -> None:
    """Connect the receivers. Called once, when all models are there."""
    for model in apps.get_models():
        if issubclass(model, AbstractBaseSession):
            post_delete.connect(session_ended, sender=model, dispatch_uid="parlour.session_ended")
    if not hasattr(import_module(settings.SESSION_ENGINE).SessionStore, "get_model_class"):
        user_logged_out.connect(signed_out, dispatch_uid="parlour.signed_out")
    post_save.connect(changed, sender=settings.AUTH_USER_MODEL, dispatch_uid="parlour.changed")
    post_delete.connect(deleted, sender=settings.AUTH_USER_MODEL, dispatch_uid="parlour.deleted")


def session_ended(instance: AbstractBaseSession, **kwargs: Any) -> None:
    """A session's end, however it came."""
    if pk := instance.get_decoded().get(SESSION_KEY):
        revoke(get_user_model()._meta.pk.to_python(pk))


def signed_out(user: Any, **kwargs: Any) -> None:
    """The same where sessions have no rows."""
    if user is not None:
        revoke(user.pk)


def changed(instance: Any, created: bool, raw: bool, update_fields: Any, **kwargs: Any) -> None:
    """Any change to a person but the date of the last sign-in."""
    if not created and not raw and set(update_fields or ()) != {"last_login"}:
        revoke(instance.pk)


def deleted(instance: Any, **kwargs: Any) -> None:
    """A deleted person."""
    revoke(instance.pk)
