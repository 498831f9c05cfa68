"""Pages that other sites frame. A form without script is answered with the page: its ticket is in no address."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.forms import GuestForm
from parlour import Denied, Malformed
from rooms import file_views
from rooms import views as rooms
from rooms.actions import fragments, perform, render_form, render_menu
from rooms.models import Attachment, Room
from rooms.posting import submit
from rooms.send_once import NumberedText
from widgets import identity, visitors
from widgets.bell import BellConsumer, read_all
from widgets.consumers import WidgetConsumer, WidgetRegion, rejected
from widgets.file_addresses import is_valid
from widgets.framing import embedded
from widgets.models import Visitor, Widget
from widgets.tickets import Ticket

VOUCHED = "vouched"  # in the address that a page gets in place of the one with a token


class Visit(NamedTuple):
    """Who sent a request, and the ticket for their page; nobody has none."""

    visitor: Visitor | None = None
    ticket: str = ""


def with_visit(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate `view(request, widget, visit)`. Who is denied reads why; nothing that they typed is lost."""

    @embedded
    @wraps(view)
    def answer(request: HttpRequest, widget: Widget, **route: Any) -> HttpResponse:
        try:
            visit = _visit(request, widget)
            request.user = visit.visitor.user if visit.visitor else AnonymousUser()
            return view(request, widget, visit, **route)
        except Malformed:
            why: Any = _("That was not understood.")
        except Denied as denied:
            why = denied.words
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(status=403)
        context = {"widget": widget, "why": why, "texts": rooms.typed(request)}
        return render(request, "embed/refused.html", context, status=403)

    return answer


def _visit(request: HttpRequest, widget: Widget) -> Visit:
    if shown := request.POST.get("ticket"):
        ticket = Ticket.read(widget.public_id, shown)
    elif (token := request.GET.get("identity")) and request.method == "GET":  # a HEAD does not use it up
        ticket = Ticket.of(visitors.vouched(widget, identity.read(widget, token)), vouched=True)
    elif VOUCHED in request.GET:
        raise identity.token_used()
    else:
        return Visit()
    return Visit(ticket.find(), ticket.renewed().text)


def _region(widget: Widget, visit: Visit) -> Any:
    consumer = BellConsumer if widget.kind == Widget.Kind.BELL else WidgetConsumer
    region: Any = consumer.region_of(widget, visit.visitor)
    if region is not None:
        region.ticket = visit.ticket
    elif widget.by_vouching or widget.kind == Widget.Kind.BELL or visit.visitor:
        raise Denied(4001, _("This is for people whom the site around this page knows. Sign in there."))
    return region


def _context(widget: Widget, **more: Any) -> dict[str, Any]:
    """What every template gets; without a token against forgery, which would come with a cookie."""
    return {"widget": widget, "csrf_token": "", **more, "room": {"title": widget.title}}


def _page(request: HttpRequest, widget: Widget, visit: Visit, sent: rooms.Rejected = (), **more: Any) -> HttpResponse:
    region = _region(widget, visit)
    painted: dict[str, Any] = {}
    if isinstance(region, WidgetRegion):
        painted = rooms.paint(request, region, sent, request.POST.get("upto"))
    elif region is not None:
        painted = region.paint(request)
    return render(request, "embed/page.html", _context(widget, **painted, **more))


@with_visit
def page(request: HttpRequest, widget: Widget, visit: Visit) -> HttpResponse:
    """What a visitor sees, and sees anew by POST."""
    address = f"?{VOUCHED}" if "identity" in request.GET else ""  # nothing that is asked later names the token
    return _page(request, widget, visit, clean_address=address)


@with_visit
def name(request: HttpRequest, widget: Widget, visit: Visit) -> HttpResponse:
    """Choose a name, to write: then there is a ticket. Answered with the page."""
    form = GuestForm(request.POST or None)
    if visit.visitor or widget.by_vouching or not widget.may_write or not form.is_valid():
        return _page(request, widget, visit, form=form)
    visitor = visitors.named(widget, form.cleaned_data["display_name"], request.META.get("REMOTE_ADDR", ""))
    if visitor is None:
        form.add_error("display_name", _("Many people came just now. Wait a little and try again."))
        return _page(request, widget, visit, form=form)
    request.user = visitor.user
    return _page(request, widget, Visit(visitor, Ticket.of(visitor, vouched=False).text), welcome=True)


@with_visit
def messages(request: HttpRequest, widget: Widget, visit: Visit) -> HttpResponse:
    """Post by a plain form. What is rejected comes back with the page."""
    region = _region(widget, visit)
    if request.method != "POST" or not isinstance(region, WidgetRegion):
        return _page(request, widget, visit)
    texts = rooms.sent_texts(request)
    future = rejected(request.user, region, texts) or submit(request.user, region.room.pk, texts)
    sent, unheard = rooms.committed(texts, future)
    return _page(request, widget, visit, sent, note=unheard)


@with_visit
def panel(request: HttpRequest, widget: Widget, visit: Visit) -> HttpResponse:
    """The live element of the page for its watchdog, with a new ticket."""
    region = _region(widget, visit)
    if region is None:
        return HttpResponse(status=403)
    plain = request.POST.get("met") == ""
    return render(request, "embed/panel.html", _context(widget, **region.paint(request), plain=plain))


@with_visit
def older(request: HttpRequest, widget: Widget, visit: Visit) -> HttpResponse:
    """The messages before those that are there."""
    region = _region(widget, visit)
    if not isinstance(region, WidgetRegion):
        return HttpResponse(status=403)
    return rooms.older_page(request, region, request.POST.get("upto"))


@with_visit
def actions(request: HttpRequest, widget: Widget, visit: Visit) -> HttpResponse:
    """Do something with a message. Answered with the page, or with fragments for htmx."""
    region = _region(widget, visit)
    if request.method != "POST" or not isinstance(region, WidgetRegion):
        return _page(request, widget, visit)
    result = perform(request.user, region, request.POST)
    if rooms.is_htmx(request):
        return HttpResponse(fragments(request, region, result))
    form: dict[str, Any] = {result.form.part: render_form(request, region, result.form)} if result.form else {}
    return _page(request, widget, visit, note=result.words, **form)


@with_visit
def menu(request: HttpRequest, widget: Widget, visit: Visit, pk: int) -> HttpResponse:
    """What the visitor may do with a message."""
    region = _region(widget, visit)
    if not isinstance(region, WidgetRegion):
        return HttpResponse(status=403)
    return HttpResponse(render_menu(request, region, pk))


@with_visit
def files(request: HttpRequest, widget: Widget, visit: Visit) -> HttpResponse:
    """Post files, from the page or without script; read by htmx it says how much may be sent."""
    if request.method != "POST":
        return file_views.limits_note() if rooms.is_htmx(request) else _page(request, widget, visit)
    region = _region(widget, visit)
    if not isinstance(region, WidgetRegion):
        return HttpResponse(status=403)
    no = rejected(request.user, region, [NumberedText("", 0, "")])
    note = str(no.result()[0]) if no else file_views.send(request, region)
    if rooms.is_htmx(request):
        return file_views.sent(request, region, note)
    return _page(request, widget, visit, files_note=note)


@embedded
def file(request: HttpRequest, widget: Widget, pk: int, signature: str, small: bool = False) -> HttpResponse:
    """A file, for whom a page showed its address: no ticket comes with the request for an image."""
    of_visitor = Q(room__visitor__widget=widget, room__visitor__user__is_active=True)
    rows = Attachment.objects.filter(Q(room=widget.room_id) | of_visitor, pk=pk)
    try:
        return file_views.file_of(request, rows if is_valid(widget.public_id, pk, signature) else rows.none(), small)
    except Http404:
        return HttpResponse(status=404)


@with_visit
def read(request: HttpRequest, widget: Widget, visit: Visit) -> HttpResponse:
    """Mark the alerts of a bell read. Answered with the page."""
    if request.method == "POST" and visit.visitor:
        read_all(request.user, request.POST.get("upto"))
    return _page(request, widget, visit)


@embedded
def lines(request: HttpRequest, widget: Widget) -> HttpResponse:
    """A box of several lines or of one; the page keeps the choice."""
    return rooms.box(request, WidgetRegion(widget, Room()))  # for its ids and addresses alone


@embedded
def pasted(request: HttpRequest, widget: Widget) -> HttpResponse:
    """What became of pasted line breaks in a box of one line."""
    return rooms.pasted(request, widget.public_id)
