"""Pages on which people become members of a room, by invitation or by asking, and leave it."""

from io import BytesIO
from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat.forms import InvitationForm
from chat.settings_views import form_page, form_view, readable
from parlour import clean, rate_limit
from rooms.invitations import accept, ask_to_join, invite, usable
from rooms.models import Invitation
from rooms.names import is_guest
from rooms.rows import sent_pk

ASK_RATE = "0.01/5"  # by one person: a second / at once


@form_view
def invitations(request: HttpRequest, slug: str) -> HttpResponse:
    """Make links by which people become members, and revoke them."""
    room = readable(request.user, slug, manage=True)
    if "revoke" in request.POST:
        invitation = get_object_or_404(room.invitations, pk=sent_pk(request.POST["revoke"]))
        Invitation.objects.filter(pk=invitation.pk, revoked=None).update(revoked=timezone.now())
        notices.info(request, _("This invitation lets nobody in any more."))
        return redirect("chat:invitations", slug)
    form = InvitationForm(request.POST or None)
    if form.is_valid():
        invite(room, request.user, **form.cleaned_data)
        return redirect("chat:invitations", slug)
    listed = usable().filter(room=room).select_related("by").order_by("-pk")
    for each in listed:
        each.address = address(request, each)  # type: ignore[attr-defined]
    return form_page(request, "chat/invitations.html", form, room=room, invitations=listed)


def address(request: HttpRequest, invitation: Invitation) -> str:
    """The link of an invitation."""
    return request.build_absolute_uri(reverse("chat:invitation", args=[invitation.token]))


@login_required
@require_safe
@never_cache
def qr(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The link of an invitation as a QR code, for who may invite."""
    import segno

    invitation = get_object_or_404(usable().filter(room=readable(request.user, slug, manage=True)), pk=pk)
    picture = BytesIO()
    segno.make(address(request, invitation), micro=False).save(
        picture, kind="svg", scale=6, border=4, light="#fff", xmldecl=False
    )
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What an invitation leads to: who has an account joins by a button; others sign in or up, and come back."""
    found = usable().select_related("room", "by").filter(token=token).first()
    if found is None:
        words = _("This invitation is not valid any more. Ask whoever gave it to you for another one.")
        return render(request, "404.html", {"why": words}, status=404)
    if request.method == "POST" and not is_guest(request.user):
        if accept(found, request.user):
            return redirect(found.room)
        words = _("This invitation cannot let you in.")
        return render(request, "403.html", {"why": words}, status=403)
    return render(request, "chat/invitation.html", {"invitation": found, "guest": is_guest(request.user)})


@login_required
@require_POST
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask to be let in. The answer is the same whether there is such a room or not."""
    if rate_limit("ask", request.user.pk, ASK_RATE).take():
        ask_to_join(request.user, slug, clean(request.POST.get("words", ""))[:300])
        words = _("If there is such a room, those who look after it were asked. You are told when they let you in.")
    else:
        words = _("You have asked often just now. Wait a little and try again.")
    notices.info(request, words)
    return redirect("parlour_rooms:room", slug)


@form_view
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """End one's own membership, after a question. An owner hands the room over first."""
    person: Any = request.user
    room = readable(person, slug)
    membership = get_object_or_404(room.memberships, person=person)
    if room.is_direct:
        raise Http404
    if request.method == "POST" and room.owner_id != person.pk:
        membership.delete()
        notices.info(request, _("You are no longer a member of “%(room)s”.") % {"room": room.title})
        return redirect("chat:home")
    return render(request, "chat/leave.html", {"room": room, "is_owner": room.owner_id == person.pk})
