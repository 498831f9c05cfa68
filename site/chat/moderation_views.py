"""Pages of moderation: who is restricted, what was done and reported, and what becomes of a room."""

from typing import Any

from django.contrib import messages as notices
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chat.forms import MemberForm, RestrictionForm
from chat.settings_views import form_page, form_view, readable
from parlour import name_of
from rooms import moderation
from rooms.models import ModerationAct, Restriction, Room
from rooms.permissions import rights
from rooms.rows import sent_pk

SHOWN = 50  # acts on a page


def acts(request: HttpRequest, **of: Any) -> Any:
    """A page of what was done, the newest first. Who was reported does not read by whom."""
    found = ModerationAct.objects.filter(**of).exclude(act="report", person=request.user.pk)
    found = found.select_related("room", "by", "person", "message").order_by("-pk")
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    for act in page:
        act.told = moderation.told(act)  # type: ignore[attr-defined]
    return page


def moderated(person: Any, slug: str) -> tuple[Room, bool]:
    """The room at this address, and whether this person manages it. Others of the staff may look at what was done."""
    room = get_object_or_404(Room, slug=slug) if getattr(person, "is_staff", False) else readable(person, slug)
    manages = rights(person, room).manage
    if not manages and not getattr(person, "is_staff", False):
        raise PermissionDenied
    return room, manages


@form_view
def room(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is restricted in a room, the form that restricts somebody, and all that was done to keep order."""
    person: Any = request.user
    found, manages = moderated(person, slug)
    if request.method == "POST" and not manages:
        raise PermissionDenied
    restricted = found.restrictions.current().exclude(kind=Restriction.Kind.SLOW).select_related("person", "room")
    if "lift" in request.POST:
        restriction = get_object_or_404(restricted, pk=sent_pk(request.POST["lift"]))
        moderation.lift(restriction, person)
        notices.info(request, _("%(name)s is not restricted any more.") % {"name": name_of(restriction.person)})
        return redirect("chat:moderation", slug)
    form = RestrictionForm(found, request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        moderation.restrict(found, person, data["username"], data["kind"], data["lasts"], data["reason"])
        return redirect("chat:moderation", slug)
    context = {"room": found, "manages": manages, "restrictions": restricted.order_by("-pk")}
    return form_page(request, "chat/moderation.html", form, **context, acts=acts(request, room=found))


@staff_member_required(login_url="accounts:login")
@require_safe
def everywhere(request: HttpRequest) -> HttpResponse:
    """What was done and reported in all rooms, for the staff; with `?reports` reports alone."""
    of = {"act": "report"} if "reports" in request.GET else {}
    return render(request, "chat/moderation_everywhere.html", {"acts": acts(request, **of), "reports": bool(of)})


@form_view
def hand_over(request: HttpRequest, slug: str) -> HttpResponse:
    """Make somebody else the owner of a room."""
    found = readable(request.user, slug, manage=True)
    form = MemberForm(request.POST or None)
    form.fields["username"].label = _("New owner")
    if form.is_valid():
        moderation.transfer(found, request.user, form.cleaned_data["username"])
        notices.info(request, _("%(name)s owns this room now.") % {"name": name_of(form.cleaned_data["username"])})
        return redirect(found)
    return form_page(request, "chat/hand_over.html", form, room=found)


@form_view
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Archive a room after a question, or open it again."""
    found = readable(request.user, slug, manage=True)
    if request.method == "POST":
        moderation.archive(found, request.user, not found.archived)
        return redirect(found)
    return render(request, "chat/archive.html", {"room": found})


@require_safe
def archived(request: HttpRequest) -> HttpResponse:
    """The archived rooms that somebody may read."""
    rooms = Room.objects.visible_to(request.user).exclude(archived=None).order_by("-archived")
    return render(request, "chat/archived.html", {"rooms": Paginator(rooms, SHOWN).get_page(request.GET.get("page"))})
