"""Whoever signs out, is changed, deactivated or deleted has their open pages authorized anew, in any project.

So has whoever gets or loses a group or a permission, of their own or by a group. What sends no signal is found by
asking again (`parlour.authorization`).
"""

from functools import partial
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db.models import QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete

from parlour.writes import revoke

CHANGES = ("post_add", "post_remove", "pre_clear")  # before "clear" it is still known whom it will concern


def connect() -> None:
    """Connect the receivers. Called once, when all models are there."""
    for model in apps.get_models():
        if issubclass(model, AbstractBaseSession):
            post_delete.connect(session_ended, sender=model, dispatch_uid="parlour.session_ended")
    if not hasattr(import_module(settings.SESSION_ENGINE).SessionStore, "get_model_class"):
        user_logged_out.connect(signed_out, dispatch_uid="parlour.signed_out")
    post_save.connect(changed, sender=settings.AUTH_USER_MODEL, dispatch_uid="parlour.changed")
    post_delete.connect(changed, sender=settings.AUTH_USER_MODEL, dispatch_uid="parlour.deleted")
    for field in get_user_model()._meta.many_to_many:
        if field.name not in ("groups", "user_permissions"):
            continue
        receiver = partial(permitted, field)
        m2m_changed.connect(receiver, field.remote_field.through, weak=False, dispatch_uid=f"parlour.{field.name}")
        if field.related_model is Group:
            m2m_changed.connect(group_permitted, Group.permissions.through, dispatch_uid="parlour.group_permitted")
            pre_delete.connect(group_deleted, Group, dispatch_uid="parlour.group_deleted")


def session_ended(instance: AbstractBaseSession, **kwargs: Any) -> None:
    """A session's end, however it came."""
    if pk := instance.get_decoded().get(SESSION_KEY):
        revoke(get_user_model()._meta.pk.to_python(pk))


def signed_out(user: Any, **kwargs: Any) -> None:
    """The same where sessions have no rows."""
    if user is not None:
        revoke(user.pk)


def changed(instance: Any, created: bool = False, raw: bool = False, update_fields: Any = None, **kwargs: Any) -> None:
    """A person was deleted, or changed in anything but the date of the last sign-in."""
    if not created and not raw and set(update_fields or ()) != {"last_login"}:
        revoke(instance.pk)


def permitted(field: Any, instance: Any, action: str, reverse: bool, pk_set: Any, **kwargs: Any) -> None:
    """A person's groups or permissions: they are changed from either side."""
    if action not in CHANGES:
        return
    if not reverse:
        revoke(instance.pk)
    elif pk_set is None:
        revoke(*_people(**{field.name: instance}))
    else:
        revoke(*pk_set)


def group_permitted(instance: Any, action: str, reverse: bool, pk_set: Any, **kwargs: Any) -> None:
    """The permissions of groups."""
    if action in CHANGES:
        groups = (instance.group_set.all() if pk_set is None else pk_set) if reverse else [instance]
        revoke(*_people(groups__in=groups))


def group_deleted(instance: Any, **kwargs: Any) -> None:
    """A group that is about to be deleted, in a transaction after which pages look again."""
    revoke(*_people(groups=instance))


def _people(**of: Any) -> QuerySet[Any, Any]:
    return get_user_model()._base_manager.filter(**of).values_list("pk", flat=True)
