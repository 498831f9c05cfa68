"""Deleting an account: what is private goes, what was written for others stays, as a former member's."""

import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CASCADE, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.forms import OwnPasswordForm
from accounts.models import User
from accounts.token_views import for_accounts
from alerts import audiences, delete_alerts
from alerts.models import Alert
from parlour import Change, live_write
from rooms.models import Attachment, Membership, Message, Restriction, Room

KEPT = ["admin.LogEntry", Attachment._meta.label]  # what others rely on


class DeletionForm(OwnPasswordForm):
    """Asks for the password."""

    def clean_password(self) -> str:
        """Raises ValidationError for the last who can administer the site, too."""
        password = super().clean_password()
        administrators = User.objects.filter(is_superuser=True, is_active=True)
        if self.person.is_superuser and not administrators.exclude(pk=self.person.pk).exists():
            raise ValidationError(_("Nobody else can administer this site. Make somebody else a superuser first."))
        return password


@for_accounts
def delete(request: HttpRequest) -> HttpResponse:
    """Says what will be, and does it."""
    person = User.objects.get(username=request.user.get_username())
    form = DeletionForm(person, request.POST or None)
    if form.is_valid():
        logout(request)
        delete_account(person)
        messages.success(request, _("Your account is deleted."))
        return redirect("chat:home")
    return render(request, "accounts/delete.html", {"form": form}, status=422 if form.errors else 200)


@transaction.atomic
def delete_account(person: User) -> None:
    """Take away all that the account had, and what it was called. Its messages and orders stay.

    Its rooms go on to whoever has been a member for longest.
    """
    for room in Room.objects.filter(owner=person):
        heirs = Membership.objects.filter(room=room, person__kind=User.Kind.ACCOUNT, person__is_active=True)
        restricted = Restriction.objects.current().exclude(kind=Restriction.Kind.SLOW).filter(room=room)
        heirs = heirs.exclude(person__in=restricted.values("person"))
        heir = heirs.exclude(person=person).order_by("since", "pk").first()
        room.owner = heir.person if heir else None
        room.save(update_fields=["owner"])
    _rename_quotes(person)
    talks = Room.objects.filter(access=Room.Access.DIRECT, memberships__person=person)
    Room.objects.filter(pk__in=talks.values("pk")).update(title=former_name())  # pages name who is left in it
    name = audiences.person(person.pk)
    delete_alerts(Alert.objects.filter(Q(audience=name) | Q(audience__startswith=f"{name}/")))
    relations: Any = User._meta.get_fields(include_hidden=True)
    for relation in relations:
        private = relation.auto_created and getattr(relation, "on_delete", None) is CASCADE
        if private and relation.related_model._meta.label not in KEPT:
            relation.related_model._default_manager.filter(**{relation.field.name: person}).delete()
    for field in ("first_name", "last_name", "email", "time_zone", "language", "theme"):
        setattr(person, field, "")
    person.username, person.display_name = f"former-{secrets.token_hex(8)}", former_name()
    person.kind, person.is_active, person.is_staff, person.is_superuser = User.Kind.FORMER, False, False, False
    person.set_unusable_password()
    person.groups.clear()
    person.user_permissions.clear()
    person.save()


def former_name() -> str:
    """How whoever deleted their account is shown."""
    return _("Former member")


@live_write
def _rename_quotes(change: Change, person: User) -> None:
    """Answers name whom they quote."""
    for row in Message.objects.select_for_update(of=("self",)).filter(answers__author=person).order_by("pk"):
        if row.quote:
            row.quote |= {"name": former_name()}
            change.edit(row, "quote")
