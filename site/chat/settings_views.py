"""Pages on which rooms are made and changed, and on which it is decided who is in."""

from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from chat.forms import MemberForm, NotificationLevelForm, RoomForm
from parlour import Denied, name_of, rate_limit
from rooms.invitations import answer, tell_new_member
from rooms.models import Membership, NotificationLevel, Room
from rooms.moderation import expel, set_slow_mode
from rooms.names import is_guest
from rooms.permissions import room_for
from rooms.rows import sent_pk

ROOM_RATE = "0.2/100"  # by one person: a second / at once
ADD_RATE = "0.2/60"  # people whom one person adds, each of whom is alerted


def form_view(view: Any) -> Any:
    """Decorate a page with a form, for people who are signed in."""
    return login_required(require_http_methods(["GET", "HEAD", "POST"])(view))


def readable(person: Any, slug: str, manage: bool = False) -> Room:
    """The room at this address, for somebody who may read it, or `manage` it; 404 or 403 for everybody else."""
    try:
        room, rights = room_for(person, slug)
    except Denied as why:
        raise (Http404 if why.code == 4004 else PermissionDenied) from None
    if manage and not rights.manage:
        raise PermissionDenied
    return room


def form_page(request: HttpRequest, template: str, form: BaseForm, **context: Any) -> HttpResponse:
    """The page of a form; 422 when something in it is wrong."""
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)


@form_view
def create(request: HttpRequest) -> HttpResponse:
    """Make a room; who makes it owns it."""
    if is_guest(request.user):
        notices.info(request, _("Only people with an account can make rooms."))
        return redirect("accounts:signup")
    form = RoomForm(request.POST or None)
    if form.is_valid() and not rate_limit("room", request.user.pk, ROOM_RATE).take():
        form.add_error(None, _("You have made many rooms just now. Wait a little and try again."))
    if form.is_valid():
        form.instance.owner = request.user
        room = form.save()
        room.members.add(form.instance.owner)
        return redirect(room)
    return form_page(request, "chat/room_form.html", form)


@form_view
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a room. The rights of people inside are asked again."""
    room = readable(request.user, slug, manage=True)
    form = RoomForm(request.POST or None, instance=room)
    if form.is_valid():
        form.save(commit=False).save(update_fields=[*form.Meta.fields, "keep_days"])  # not what others just changed
        if "slow_mode" in form.changed_data:
            set_slow_mode(room, request.user, form.cleaned_data["slow_mode"])
        return redirect(room)
    return form_page(request, "chat/room_form.html", form, room=Room.objects.get(pk=room.pk))


@form_view
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Add people to a room and remove them; let in who asked."""
    room = readable(request.user, slug, manage=True)
    if "remove" in request.POST:
        others = room.memberships.exclude(person=room.owner).select_related("room", "person")
        membership = get_object_or_404(others, pk=sent_pk(request.POST["remove"]))
        expel(membership, request.user)
        notices.info(request, _("{name} is no longer a member.").format(name=name_of(membership.person)))
        return redirect("chat:members", slug)
    if decided := {"admit", "decline"} & request.POST.keys():
        asked = get_object_or_404(room.join_requests, pk=sent_pk(request.POST[decided.pop()]))
        answer(asked, request.user, "admit" in request.POST)
        return redirect("chat:members", slug)
    form = MemberForm(request.POST or None)
    if form.is_valid() and not rate_limit("add", request.user.pk, ADD_RATE).take():
        form.add_error(None, _("You have added many people just now. Wait a little and try again."))
    if form.is_valid():
        person = form.cleaned_data["username"]
        membership, fresh = Membership.objects.get_or_create(room=room, person=person)
        if fresh:
            tell_new_member(membership, by=request.user)
        said = _("{name} is a member now.") if fresh else _("{name} is a member already.")
        notices.info(request, said.format(name=name_of(person)))
        return redirect("chat:members", slug)
    memberships = room.memberships.select_related("person").order_by("person__username")
    asking = room.join_requests.select_related("person").order_by("pk")
    return form_page(request, "chat/members.html", form, room=room, memberships=memberships, asking=asking)


@form_view
def notification_level(request: HttpRequest, slug: str) -> HttpResponse:
    """How much this person wants to be told of a room."""
    person: Any = request.user
    room = readable(person, slug)
    chosen = NotificationLevel.objects.filter(room=room, person=person).first()
    form = NotificationLevelForm(request.POST or None, instance=chosen or NotificationLevel(room=room, person=person))
    if form.is_valid():
        level = {"level": form.cleaned_data["level"]}  # the first mention may have made one meanwhile
        NotificationLevel.objects.update_or_create(room=room, person=person, defaults=level)
        return redirect(room)
    may_leave = not room.is_direct and room.memberships.filter(person=person).exists()
    return form_page(request, "chat/notification_level.html", form, room=room, may_leave=may_leave)


@form_view
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a room and everything in it."""
    room = readable(request.user, slug, manage=True)
    if request.method == "POST":
        room.delete()
        notices.info(request, _("“{title}” is deleted.").format(title=room.title))
        return redirect("chat:home")
    return render(request, "chat/delete.html", {"room": room})
