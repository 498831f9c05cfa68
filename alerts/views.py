"""Pages of alerts: all of them, and what a person does about one."""

from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from alerts import actions
from alerts.addresses import address_of, mail_field, read_query, signed_query
from alerts.forms import PreferencesForm, snooze_ends
from alerts.models import Alert, PersonalSettings, Preference, registered_kinds
from alerts.streams import BellRegion
from parlour import Denied, in_page_language

PAGE = 30  # alerts on one page
FILTERS = {
    "": (gettext_lazy("All"), {"archived__isnull": True}),
    "unread": (gettext_lazy("Unread"), {"archived__isnull": True, "read__isnull": True, "resolved__isnull": True}),
    "archived": (gettext_lazy("Archived"), {"archived__isnull": False}),
}


@require_safe
@login_required
@never_cache
def everything(request: HttpRequest) -> HttpResponse:
    """All alerts of this person, by state and kind, a page at a time."""
    show = request.GET.get("show", "")
    show = show if show in FILTERS else ""
    alerts = Alert.objects.for_person(request.user).filter(**FILTERS[show][1]).select_related("actor")
    alerts = alerts.exclude(kind__in=actions.unwanted_kinds(request.user))
    newest = Alert.objects.for_person(request.user).aggregate(pk=Max("pk"))
    registered = registered_kinds()
    chosen = next((kind.name for kind in registered if kind.name == request.GET.get("kind")), "")
    page = Paginator(alerts.filter(kind=chosen) if chosen else alerts, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "upto": newest["pk"] or 0,
        "show": show,
        "filters": [(name, label) for name, (label, _) in FILTERS.items()],
        "chosen": chosen,
        "kinds": registered,
        "undo": _moment(request.GET.get("undo", "")),
    }
    return render(request, "parlour_alerts/all.html", context)


@require_safe
@never_cache
def lines(request: HttpRequest) -> HttpResponse:
    """The lines of the bell, for its first opening; from then on the socket keeps them up to date."""
    with in_page_language(request):
        if not request.user.is_authenticated:  # in another tab; a redirect would put the sign-in page into the bell
            return render(request, "partials/bell.html#signed_out", {"words": Denied.signed_out().words})
        region = BellRegion(request.user.pk)
        context = {"region": region, "lines": region.bell.lines(request.user)}
        return trigger_client_event(render(request, "partials/bell.html#opened", context), "opened", after="swap")


@require_safe
@login_required
@never_cache
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirect to what an alert is about, and mark its line read, unless the browser only prefetches."""
    alert = _mine(request, pk)
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        actions.mark_read(request.user, actions.same_line(request.user, alert))
    return redirect(alert.url or "parlour_alerts:all")


@require_POST
@login_required
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a line read."""
    return _done(request, gettext_lazy("Read."), actions.mark_read(request.user, _line(request, pk)))


@require_POST
@login_required
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Archive a line."""
    return _done(request, gettext_lazy("Archived."), actions.archive(request.user, _line(request, pk)))


@require_POST
@login_required
def unread(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a line unread, and bring it back from the archive."""
    actions.mark_unread(request.user, _line(request, pk))
    return _done(request, gettext_lazy("Done."), final=True)


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything read that there was when the page was shown, of the kind it was about."""
    alerts, upto = Alert.objects.for_person(request.user).open(), request.POST.get("upto", "")
    if upto.isdecimal() and len(upto) < 19:
        alerts = alerts.filter(pk__lte=int(upto))
    if kind := request.POST.get("kind"):
        alerts = alerts.filter(kind=kind)
    at = actions.mark_read(request.user, alerts)
    return _done(request, gettext_lazy("All read."), at)


@require_POST
@login_required
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what was done at the moment `at`."""
    at = _moment(request.POST.get("at", ""))
    if at is None:
        raise Http404
    actions.undo(request.user, at)
    return _done(request, gettext_lazy("Done."), final=True)


@login_required
@never_cache
def preferences(request: HttpRequest) -> HttpResponse:
    """How this person wants to hear of each kind, when they are quiet, and how else they are reached."""
    form = PreferencesForm(request.user, request.POST or None)
    if form.is_valid():
        form.save()
        actions.set_preferences(request.user, form.choices)
        messages.success(request, gettext("Your settings are saved."), fail_silently=True)
        return redirect("parlour_alerts:all")
    feed = reverse("parlour_alerts:feed") + signed_query("feed", request.user.pk, form.instance.feed)
    context = {
        "form": form,
        "address": address_of(request.user),
        "mails": mail_field(),
        "feed": request.build_absolute_uri(feed) if form.instance.feed else "",
    }
    return render(request, "parlour_alerts/preferences.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def personal(request: HttpRequest) -> HttpResponse:
    """Snooze, or snooze no more; a new address of the feed, or none: the one before leads nowhere from now on."""
    fields: dict[str, Any] = {}
    if "snooze" in request.POST:
        fields["snoozed_until"] = snooze_ends(request.user, request.POST["snooze"])
    if "feed" in request.POST:
        fields["feed"] = token_hex(16) if request.POST["feed"] else ""
    PersonalSettings.objects.update_or_create(pk=request.user.pk, defaults=fields)
    return redirect(f"{reverse('parlour_alerts:preferences')}#{'snooze' if 'snooze' in request.POST else 'feed'}")


@csrf_exempt
@require_http_methods(["GET", "POST"])
@never_cache
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Stop the mail of whom the address is signed for: by the page's button, or by one click in a mail program."""
    chosen = Preference.objects.filter(person__pk__in=read_query("unsubscribe", request))
    if request.method == "POST":
        chosen.update(mail=Preference.Mail.NO)
    return render(request, "parlour_alerts/unsubscribe.html", {"done": not chosen.exclude(mail="").exists()})


def _mine(request: HttpRequest, pk: int) -> Alert:
    """This person's alert; anybody else's is a 404."""
    return get_object_or_404(Alert.objects.for_person(request.user), pk=pk)


def _line(request: HttpRequest, pk: int) -> actions.Marked:
    """The alerts a button is for: one on the page of all alerts, in the bell a line up to the newest it shows."""
    newest = request.POST.get(request.POST.get("line", ""), "")
    alert = _mine(request, int(newest) if newest.isdecimal() and len(newest) < 19 else pk)
    if request.POST.get("alone"):
        return Alert.objects.for_person(request.user).filter(pk=pk)
    return actions.same_line(request.user, alert)


def _done(request: HttpRequest, words: Any, at: datetime | None = None, final: bool = False) -> HttpResponse:
    """Answer htmx with the bell as it is now and a toast, which may have Undo, a plain form with its page."""
    if "HX-Request" in request.headers:
        with in_page_language(request):
            region = BellRegion(request.user.pk)
            card = request.POST.get("card")  # there the button that was pressed goes, and the toast takes the focus
            context = {"words": words, "at": at.isoformat() if at else "", "card": card}
            toast = render_to_string("partials/bell.html#undo", context, request) if at or (final and card) else ""
            if toast:  # an open card covers the toasts
                toast = region.inner("done", toast) if card else region.append("toasts", toast)
            shown = region.bell.fragments(request.user)
            return trigger_client_event(HttpResponse(shown + toast), "dealt", after="swap")
    query = {name: str(request.POST[name]) for name in ("show", "kind", "page") if request.POST.get(name)}
    query |= {"undo": at.isoformat()} if at else {}
    return redirect(f"{redirect('parlour_alerts:all').url}{'?' + urlencode(query) if query else ''}")


def _moment(text: str) -> datetime | None:
    """The moment a text names, in UTC; None for a text that names none."""
    try:
        moment = parse_datetime(text)
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
