"""Making rooms, changing them, and deciding who is in."""

from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from parlour import Denied, rate_limit
from rooms import access
from rooms.forms import AttentionForm, MemberForm, RoomForm
from rooms.models import Attention, Membership, Room

ROOM_RATE = "0.2/100"  # by one person: a second / at once
form_methods = require_http_methods(["GET", "HEAD", "POST"])


def managed(person: Any, slug: str) -> Room:
    """The room at this address for somebody who looks after it; 404 or 403 for everybody else."""
    try:
        room = access.room_for(person, slug)
    except Denied as why:
        raise (Http404 if why.code == 4004 else PermissionDenied) from None
    if not access.may_manage(person, room):
        raise PermissionDenied
    return room


@login_required
@form_methods
def create(request: HttpRequest) -> HttpResponse:
    """Make a room; who makes it owns it."""
    if getattr(request.user, "is_guest", False):
        notices.info(request, "Only people with an account can make rooms.")
        return redirect("accounts:signup")
    form = RoomForm(request.POST or None)
    if form.is_valid() and not rate_limit("room", request.user.pk, ROOM_RATE).take():
        form.add_error(None, "You have made many rooms just now. Wait a little and try again.")
    if form.is_valid():
        form.instance.owner = request.user
        room = form.save()
        room.members.add(form.instance.owner)
        return redirect(room)
    return render(request, "rooms/room_form.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@form_methods
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a room. People inside are asked again whether they may stay."""
    room = managed(request.user, slug)
    form = RoomForm(request.POST or None, instance=room)
    if form.is_valid():
        form.save()
        return redirect(room)
    return render(
        request,
        "rooms/room_form.html",
        {"form": form, "room": Room.objects.get(pk=room.pk)},
        status=422 if form.errors else 200,
    )


@login_required
@form_methods
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Add people to a room and remove them."""
    room = managed(request.user, slug)
    if removed := request.POST.get("remove"):
        if not (removed.isascii() and removed.isdigit() and len(removed) < 10):
            raise Http404
        membership = get_object_or_404(room.memberships.exclude(person=room.owner), pk=removed)
        membership.delete()
        notices.info(request, f"{membership.person.name} is no longer a member.")
        return redirect("rooms:members", slug)
    form = MemberForm(request.POST or None)
    if form.is_valid():
        person = form.cleaned_data["username"]
        _, fresh = Membership.objects.get_or_create(room=room, person=person)
        notices.info(request, f"{person.name} is a member now." if fresh else f"{person.name} is a member already.")
        return redirect("rooms:members", slug)
    memberships = room.memberships.select_related("person").order_by("person__username")
    return render(
        request,
        "rooms/members.html",
        {"room": room, "form": form, "memberships": memberships},
        status=422 if form.errors else 200,
    )


@login_required
@form_methods
def attention(request: HttpRequest, slug: str) -> HttpResponse:
    """How much this person wants to hear of a room."""
    person: Any = request.user
    try:
        room = access.room_for(person, slug)
    except Denied as why:
        raise (Http404 if why.code == 4004 else PermissionDenied) from None
    chosen = Attention.objects.filter(room=room, person=person).first()
    form = AttentionForm(request.POST or None, instance=chosen or Attention(room=room, person=person))
    if form.is_valid():
        form.save()
        return redirect(room)
    return render(request, "rooms/attention.html", {"form": form, "room": room}, status=422 if form.errors else 200)


@login_required
@form_methods
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a room and all that was said in it."""
    room = managed(request.user, slug)
    if request.method == "POST":
        room.delete()
        notices.info(request, f"“{room.title}” is deleted.")
        return redirect("rooms:home")
    return render(request, "rooms/delete.html", {"room": room})
