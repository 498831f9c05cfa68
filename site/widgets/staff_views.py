"""Pages on which staff make widgets, get what to paste, and stop them."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import SELF
from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from widgets import desk, models
from widgets.forms import KeyForm, WidgetForm
from widgets.models import MOST_KEYS, Visitor, VouchingKey, Widget

MOST_VISITORS = 50  # on the page of a widget, the newest


def for_staff(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view that nobody else may use; one with a `pk` gets the widget in its place."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, pk: int | None = None, **route: Any) -> HttpResponse:
        if not getattr(request.user, "is_staff", False):
            raise PermissionDenied
        if pk is not None:
            route["widget"] = get_object_or_404(Widget.objects.select_related("room"), pk=pk)
        return view(request, **route)

    return guarded


@require_safe
@for_staff
def index(request: HttpRequest) -> HttpResponse:
    """All widgets."""
    return render(request, "widgets/list.html", {"widgets": Widget.objects.order_by("title", "pk")})


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def edit(request: HttpRequest, widget: Widget | None = None) -> HttpResponse:
    """Make a widget, or change one."""
    form = WidgetForm(request.POST or None, instance=widget)
    if form.is_valid():
        models.store(form.instance)
        return redirect("widgets:widget", form.instance.pk)
    context = {"form": form, "widget": widget}
    return render(request, "widgets/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def overview(request: HttpRequest, widget: Widget) -> HttpResponse:
    """What to paste, how it looks, who vouches, and how to stop it; by POST what the button says that was pressed."""
    do, form, secret = request.POST.get("do"), KeyForm(), ""
    if do in ("on", "off"):
        widget.is_on = do == "on"
        models.store(widget)
    elif do == "end":
        models.end_sessions(widget)
        notices.success(request, _("All sessions of this widget are ended."))
    elif do == "revoke":  # what is signed with it from now on lets nobody in
        widget.keys.filter(kid=request.POST.get("kid")).delete()
    elif do == "key":
        form = KeyForm(request.POST)
        secret = _new_key(widget, form)
    if request.method == "POST" and not secret and not form.errors:
        return redirect(request.path + ("#keys" if do in ("key", "revoke") else ""))
    keys = list(widget.keys.order_by("pk"))
    kids = [key.kid for key in keys if key.algorithm == VouchingKey.Algorithm.HS256]
    context = {
        "widget": widget,
        "address": request.build_absolute_uri(reverse("embed:page", args=[widget.public_id])),
        "keys": keys,
        "kid": kids[-1] if kids else "the id of your key",
        "form": form if len(keys) < MOST_KEYS else None,
        "secret": secret,  # this page alone ever shows it, and no cache keeps it
        "visitors": desk.with_last_author(widget.visitors.select_related("user")).order_by("-pk")[:MOST_VISITORS],
    }
    response = render(request, "widgets/widget.html", context, status=422 if form.errors else 200)
    response._csp_update = {"frame-src": [SELF]}  # type: ignore[attr-defined]  # what csp_update sets: for the preview
    return response


def _new_key(widget: Widget, form: KeyForm) -> str:
    """Store what was filled in, if it is right. Returns the secret, if the key is one."""
    with transaction.atomic():
        Widget.objects.select_for_update().get(pk=widget.pk)
        if form.is_valid() and widget.keys.count() >= MOST_KEYS:
            form.add_error(None, f"There are {MOST_KEYS} keys already. Revoke one first.")
        if not form.is_valid():
            return ""
        algorithm, material = form.cleaned_data["algorithm"], form.cleaned_data["material"]
        widget.keys.create(kid=secrets.token_hex(4), algorithm=algorithm, material=material)
    return material if algorithm == VouchingKey.Algorithm.HS256 else ""


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def delete(request: HttpRequest, widget: Widget) -> HttpResponse:
    """Delete a widget, after a question."""
    if request.method != "POST":
        return render(request, "widgets/delete.html", {"widget": widget})
    desk.close(widget)
    notices.info(request, f"“{widget.title}” is deleted.")
    return redirect("widgets:index")


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def visitor(request: HttpRequest, number: int) -> HttpResponse:
    """A visitor, and what can be done about them."""
    found = get_object_or_404(Visitor.objects.with_related(), pk=number)
    if request.method == "POST":
        do = request.POST.get("do")
        if do == "hand" and found.room:
            to = get_object_or_404(desk.staff(), username=request.POST.get("to"))
            desk.hand_over(found, to, request.user)
            notices.success(request, f"{to.name} looks after {found.user.name} now.")
        elif do in ("mute", "ban", "lift"):
            banned = do == "ban" or (do == "mute" and not found.user.is_active)  # by somebody else, meanwhile
            desk.restrict(found, muted=do == "mute", banned=banned)
            done = {"mute": "is muted", "ban": "is banned", "lift": "may come and write again"}[do]
            notices.success(request, f"{found.user.name} {done}.")
        to_room = "back" in request.POST and found.room
        return redirect(to_room or reverse("widgets:visitor", args=[number]))
    context = {"visitor": found, "room": found.room or found.widget.room, "staff": desk.staff()}
    return render(request, "widgets/visitor.html", context)
