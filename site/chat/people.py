"""The page of a person, and conversations with one or a few."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages as notices
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from chat.forms import accounts
from chat.settings_views import form_page, form_view
from parlour import Lease, rate_limit
from rooms.direct import MOST, direct_room
from rooms.models import Membership, Message, Room
from rooms.names import MARKS, is_guest, only_as_member

IN_COMMON = 30  # rooms that a person's page names
RATE = "0.1/20"  # conversations that one person begins: a second / at once
TOO_MANY = gettext_lazy("You have begun many conversations just now. Wait a little and try again.")


class ConversationForm(forms.Form):
    """Who is to be in a conversation besides its first writer, by their usernames."""

    people = forms.CharField(
        label=gettext_lazy("With whom"),
        max_length=1000,
        help_text=gettext_lazy("Usernames, with commas between them: one, or up to seven for a group."),
        error_messages={"required": gettext_lazy("Type a username.")},
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )

    def __init__(self, person: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_people(self) -> list[Any]:
        names = {name.strip().lstrip("@").casefold() for name in self.cleaned_data["people"].split(",")} - {""}
        if not names:
            raise forms.ValidationError(self.fields["people"].error_messages["required"])
        found = {person.get_username().casefold(): person for person in accounts(*names)}
        missing = sorted(names - found.keys())
        if missing:
            words = ngettext("Nobody has this username: %s.", "Nobody has these usernames: %s.", len(missing))
            raise forms.ValidationError(words % ", ".join(missing))
        others = [person for person in found.values() if person != self.person]
        if not others:
            raise forms.ValidationError(_("Name somebody besides yourself."))
        if len(others) >= MOST:
            raise forms.ValidationError(_("A conversation is of eight people at most. For more make a room."))
        return others


@form_view
def converse(request: HttpRequest) -> HttpResponse:
    """Begin a conversation with one or a few, or find the one that there is."""
    if is_guest(request.user):
        notices.info(request, _("Only people with an account can begin conversations."))
        return redirect("accounts:signup")
    form = ConversationForm(request.user, request.POST or None)
    if form.is_valid() and not rate_limit("converse", request.user.pk, RATE).take():
        form.add_error(None, TOO_MANY)
    if form.is_valid():
        return redirect(direct_room([request.user, *form.cleaned_data["people"]]))
    return form_page(request, "chat/converse.html", form)


@login_required
@require_safe
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Who somebody is, for those who have a room in common with them."""
    person, rooms = _met(request.user, pk)
    context = {
        "person": person,
        "mark": MARKS.get(person.kind),
        "rooms": rooms,
        "now": timezone.now().astimezone(ZoneInfo(person.zone)) if person.zone else None,
        "may_write": person != request.user and not is_guest(request.user) and not is_guest(person),
    }
    return render(request, "chat/person.html", context)


@login_required
@require_POST
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a conversation with somebody, or find the one that there is."""
    person, _rooms = _met(request.user, pk)
    if is_guest(request.user) or is_guest(person) or person == request.user:
        raise Http404
    if not rate_limit("converse", request.user.pk, RATE).take():
        notices.error(request, TOO_MANY)
        return redirect("chat:person", pk)
    return redirect(direct_room([request.user, person]))


def _met(reader: Any, pk: int) -> tuple[Any, list[Room]]:
    """This person, and rooms that the reader may read in which they are members, are now or have written; or a 404."""
    person = get_object_or_404(get_user_model(), pk=pk, is_active=True)
    here = Lease.objects.filter(holder=str(pk), name__startswith="people.", expires__gt=timezone.now())
    in_now = [name.removeprefix("people.") for name in here.values_list("name", flat=True)]
    member = Exists(Membership.objects.filter(room=OuterRef("pk"), person=pk))
    wrote = Q(pk__in=Message.objects.filter(author=pk).values("room"))
    shared = Q(pk__in=[int(name) for name in in_now if name.isdigit()]) | member | wrote
    rooms = Room.objects.visible_to(reader).exclude(access=Room.Access.DIRECT).filter(shared).order_by("title")
    talked = Room.objects.visible_to(reader).filter(member, access=Room.Access.DIRECT)
    found = list(rooms.distinct()[:IN_COMMON])
    if only_as_member(reader) or (person != reader and not found and not talked.exists()):
        raise Http404
    return person, found
