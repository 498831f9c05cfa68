"""Pages of the alerts: all of them, and what a person does about one."""

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from alerts import kinds, marking
from alerts.forms import PreferencesForm
from alerts.models import Alert
from alerts.streams import BellRegion
from parlour.pages import variant

PAGE = 30  # alerts on one page
SHELVES = {
    "": ("All", {"archived__isnull": True}),
    "unread": ("Unread", {"archived__isnull": True, "read__isnull": True, "settled__isnull": True}),
    "archived": ("Archived", {"archived__isnull": False}),
}


@require_safe
@login_required
@never_cache
def everything(request: HttpRequest) -> HttpResponse:
    """All alerts of this person, by shelf and kind, a page at a time."""
    shelf = request.GET.get("show", "")
    shelf = shelf if shelf in SHELVES else ""
    told = marking.told(request.user).filter(**SHELVES[shelf][1]).select_related("actor")
    told = told.exclude(kind__in=marking.unwanted(request.user))
    known = kinds.known()
    chosen = next((kind.name for kind in known if kind.name == request.GET.get("kind")), "")
    page = Paginator(told.filter(kind=chosen) if chosen else told, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "shelf": shelf,
        "shelves": [(name, label) for name, (label, _) in SHELVES.items()],
        "chosen": chosen,
        "kinds": known,
        "undo": _moment(request.GET.get("undo", "")),
    }
    return render(request, "alerts/all.html", context)


@require_safe
@login_required
@never_cache
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead on to what an alert is about; its line is read by that, unless a browser only looks ahead."""
    alert = _mine(request, pk)
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        marking.read(request.user, marking.together(request.user, alert))
    return redirect(alert.url or "alerts:all")


@require_POST
@login_required
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a line read."""
    return _done(request, "Read.", marking.read(request.user, _line(request, pk)))


@require_POST
@login_required
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a line out of the way."""
    return _done(request, "Archived.", marking.archive(request.user, _line(request, pk)))


@require_POST
@login_required
def unread(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a line back as if it had not been dealt with."""
    marking.unread(request.user, _line(request, pk))
    return _done(request)


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything read."""
    return _done(request, "All read.", marking.read(request.user, marking.told(request.user).open()))


@require_POST
@login_required
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what was done at the moment `at`."""
    at = _moment(request.POST.get("at", ""))
    if at is None:
        raise Http404
    marking.undo(request.user, at)
    return _done(request)


@login_required
@never_cache
def preferences(request: HttpRequest) -> HttpResponse:
    """How this person wants to hear of each kind."""
    form = PreferencesForm(request.user, request.POST or None)
    if form.is_valid():
        marking.prefer(request.user, form.levels)
        return redirect("alerts:all")
    return render(request, "alerts/preferences.html", {"form": form}, status=422 if form.errors else 200)


def _mine(request: HttpRequest, pk: int) -> Alert:
    """This person's alert; nobody else's is found."""
    if pk >= 2**63:
        raise Http404
    return get_object_or_404(marking.told(request.user), pk=pk)


def _line(request: HttpRequest, pk: int) -> marking.Told:
    """The alerts that are meant: one `alone` on the page of all, in the bell a line up to the newest it names."""
    newest = request.POST.get(request.POST.get("line", ""), "")
    alert = _mine(request, int(newest) if newest.isdecimal() and len(newest) < 19 else pk)
    alone = marking.told(request.user).filter(pk=pk)
    return alone if request.POST.get("alone") else marking.together(request.user, alert)


def _done(request: HttpRequest, words: str = "", at: datetime | None = None) -> HttpResponse:
    """To a live page its bell as it is now, socket or not, and a toast to undo it by; to a plain form its page anew."""
    if request.htmx:  # type: ignore[attr-defined]
        region = BellRegion(request.user.pk)  # type: ignore[arg-type]
        context = {"words": words, "at": at.isoformat() if at else ""}
        toast = region.append("toasts", render_to_string("partials/toast_undo.html", context, request)) if at else ""
        shown = region.bell.now(variant(request, region.bell))
        return trigger_client_event(HttpResponse(shown + toast), "dealt", after="swap")
    query = {name: str(request.POST[name]) for name in ("show", "kind", "page") if request.POST.get(name)}
    query |= {"undo": at.isoformat()} if at else {}
    return redirect(f"{redirect('alerts:all').url}{'?' + urlencode(query) if query else ''}")


def _moment(text: str) -> datetime | None:
    """The moment a text names, in UTC; None for a text that names none."""
    try:
        found = parse_datetime(text)
        return found.astimezone(UTC) if found is not None and found.tzinfo else None
    except (ValueError, OverflowError):
        return None
