"""Pages of the rooms, for reading and writing with or without a socket."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import wraps
from typing import Any

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parlour import Denied, Malformed, in_page_language
from rooms import composer, send_once
from rooms.actions import fragments, perform, render_form, render_menu
from rooms.direct import name_people, title_for
from rooms.drafts import draft_of
from rooms.history import DayForm, first_on, number_of
from rooms.markup import TextRejected
from rooms.models import Message, Room, nearest_rooms
from rooms.names import is_guest
from rooms.permissions import room_for, sign_in
from rooms.posting import COMMIT_WITHIN, Outcome, submit
from rooms.reading import mark_room_read
from rooms.rejected_text import rejected_form
from rooms.send_once import NumberedText
from rooms.streams import RoomRegion
from rooms.suggestions import completed
from rooms.unread import move, nearest, read_last

LISTED = 100  # rooms beside a conversation
DEFAULT_CONTEXT = dict.fromkeys(("plain", "later", "welcome", "menu", "slot", "files_note", "answering"), "")
"""Names that most pages of a room lack: a template takes five times as long to find that one is not there."""
Rejected = Sequence[tuple[NumberedText, TextRejected]]


def denied_page(request: HttpRequest, why: Denied) -> HttpResponse:
    """A page that says why not, and how to get in; 404 where there is nothing, or nothing for this person."""
    status = 404 if why.code == 4004 else 403
    back = sign_in(request.get_full_path()) if status == 404 and is_guest(request.user) else ""
    match = request.resolver_match
    slug = match.kwargs.get("slug") if match and status == 404 and not back else None
    context = {"why": why.words, "sign_in": back, "ask_at": slug}
    return render(request, [f"{status}.html", "parlour_rooms/denied.html"], context, status=status)


def of_room(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate `view(request, region)`, for who may read the room; others are told why not, and htmx is with 403."""

    @wraps(view)
    def answer(request: HttpRequest, slug: str, **route: Any) -> HttpResponse:
        try:
            region = RoomRegion(*room_for(request.user, slug))
        except Denied as why:
            return HttpResponse(status=403) if is_htmx(request) else denied_page(request, why)
        return view(request, region, **route)

    return answer


def form_of_room(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The same for the answer to a form; read, its address leads to the room: a page loaded again, or a link on it."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def answer(request: HttpRequest, slug: str) -> HttpResponse:
        if request.method == "POST":
            return of_room(view)(request, slug)
        return redirect(f"{reverse('parlour_rooms:room', args=[slug])}?{request.GET.urlencode()}".rstrip("?"))

    return answer


@require_safe
@never_cache
def room(request: HttpRequest, slug: str) -> HttpResponse:
    """A room, for who may read it; `on` in the address is a day, and leads to its first message."""
    if "on" in request.GET:
        return day(request, slug)
    return room_page(request, slug)


def room_page(request: HttpRequest, slug: str, rejected: Rejected = (), status: int = 200, **more: Any) -> HttpResponse:
    """The page of a room; `at` in the address is a message, `upto` goes back in its history without script."""
    rooms = list(nearest_rooms(request.user, 0, LISTED))
    name_people(rooms)
    try:
        region = RoomRegion(*room_for(request.user, slug, rooms))
        region.log.around = number_of(region.room, request.GET.get("at"))
    except Denied as why:
        return denied_page(request, why)
    region.read_by(request.user, nearest(read_last(rooms), region.room.pk))
    painted = paint(request, region, rejected, request.GET.get("upto"))
    for each in rooms:
        each.unread = painted["shown"]["newest"]["others"].get(each.pk, 0) if region.unread else 0
    title = title_for(request.user, region.room)
    context = {**DEFAULT_CONTEXT, **painted, "rooms": rooms, "may_manage": region.rights.manage, "title": title, **more}
    if pk := request.GET.get("at"):
        context["menu"] = render_menu(request, region, pk, plain=True)
    return render(request, "parlour_rooms/page.html", context, status=status)


def paint(request: HttpRequest, region: RoomRegion, rejected: Rejected = (), upto: Any = None) -> dict[str, Any]:
    """Context for a page of a room, with what was rejected; `upto`, as the page sent it, goes back in the history."""
    forms = format_html_join("", "{}", ([rejected_form(region, *each, request)] for each in rejected))
    context = {**region.paint(request), "room": region.room, "err": forms}
    if region.rights.write and not rejected:
        context["text"] = draft_of(request.user, region.room)
        context["several_lines"] |= "\n" in context["text"]
    if seq := _count(upto):
        markup, older = region.log.page(region.log.variant(request.user), seq)
        context["shown"]["log"] |= {"markup": markup, "older": older}
        context["later"] = True
    return context


@require_safe
@of_room
def older(request: HttpRequest, region: RoomRegion) -> HttpResponse:
    """The page of messages up to `upto`, to be put before those that are there."""
    return older_page(request, region, request.GET.get("upto"))


def older_page(request: HttpRequest, region: RoomRegion, upto: Any) -> HttpResponse:
    """The messages of a region up to `upto`, as a page sent it."""
    markup, rest = region.log.page(region.log.variant(request.user), _count(upto))
    context = {"region": region, "at": region.at, "by_post": region.by_post, "markup": markup, "upto": rest}
    return render(request, "parlour_rooms/message.html#older", context)


@form_of_room
def read(request: HttpRequest, region: RoomRegion) -> HttpResponse:
    """Mark a room read `upto` the number that a page without a socket shows."""
    room = region.room
    newest = Message.objects.newest(room.pk)
    if request.user.is_authenticated and newest:
        move({(request.user.pk, room.pk): min(_count(request.POST.get("upto")), newest.seq or 0)})
        mark_room_read(request.user, room)
    return HttpResponse(status=204) if is_htmx(request) else redirect(back(request, room))


@form_of_room
def messages(request: HttpRequest, region: RoomRegion) -> HttpResponse:
    """Post by a plain form. What is rejected comes back with the page; nothing typed is lost."""
    room = region.room
    try:
        texts = sent_texts(request)
    except Malformed:
        return render(request, ["csrf.html", "parlour_rooms/denied.html"], {"texts": typed(request)}, status=400)
    rejected, unheard = committed(texts, submit(request.user, room.pk, texts))
    if unheard:
        notices.info(request, unheard, fail_silently=True)
    if not rejected:
        return HttpResponseRedirect(f"{back(request, room)}#{region.id('composer')}")
    return room_page(request, room.slug, rejected, status=422)


@form_of_room
def actions(request: HttpRequest, region: RoomRegion) -> HttpResponse:
    """Do something with a message: see `rooms.actions`."""
    result = perform(request.user, region, request.POST)
    if is_htmx(request):
        return HttpResponse(fragments(request, region, result))
    if result.words:
        (notices.error if result.refused else notices.info)(request, result.words, fail_silently=True)
    if result.form:
        form: dict[str, Any] = {result.form.part: render_form(request, region, result.form)}
        return room_page(request, region.room.slug, status=422 if result.refused else 200, **form)
    return redirect(result.message.place_on(back(request, region.room)))


@require_safe
@never_cache
@of_room
def menu(request: HttpRequest, region: RoomRegion, pk: int) -> HttpResponse:
    """What this person may do with a message, for its own empty menu."""
    return HttpResponse(render_menu(request, region, pk))


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks, and places fragments."""
    return request.headers.get("HX-Request") == "true"


def typed(request: HttpRequest) -> list[str]:
    """The texts in a plain form, the newest first, without the empty box above those that wait to be sent."""
    sent = request.POST.getlist("text")
    return sent[1:] if len(sent) > 1 and not sent[0].strip() else sent


def sent_texts(request: HttpRequest) -> list[NumberedText]:
    """The texts in a plain form with their numbers. Raises Malformed."""
    return send_once.numbered_texts({**request.POST.dict(), "text": typed(request)})


def committed(texts: Sequence[NumberedText], submitted: "Future[list[Outcome]]") -> tuple[Rejected, Any]:
    """What was rejected of texts that were submitted, and why a mention in what was stored alerted nobody."""
    outcomes = submitted.result(COMMIT_WITHIN)
    rejected = [(text, why) for text, why in zip(texts, outcomes, strict=True) if isinstance(why, TextRejected)]
    return rejected, next((row.unheard for row in outcomes if isinstance(row, Message) and row.unheard), "")


@require_safe
@of_room
def later(request: HttpRequest, region: RoomRegion) -> HttpResponse:
    """The page of messages after `since` and up to `upto`, in the place of the gap on a page around an old one."""
    since, upto = (_count(request.GET.get(name)) for name in ("since", "upto"))
    markup, last = region.log.page_after(region.log.variant(request.user), since, upto)
    return HttpResponse(markup + region.log.break_after(last, upto))


@of_room
def day(request: HttpRequest, region: RoomRegion) -> HttpResponse:
    """To the first message posted on a day or after it, in the reader's zone; without one, to the newest."""
    form = DayForm(request.GET)
    first = first_on(region.room, form.cleaned_data["on"]) if form.is_valid() else None
    if form.errors:
        words = gettext("“{day}” is no day, so you see the newest messages.")
        notices.info(request, words.format(day=request.GET.get("on", "")[:40]), fail_silently=True)
    return redirect(first or region.room)


@require_POST
def lines(request: HttpRequest, slug: str) -> HttpResponse:
    """A box of several lines or of one that keeps what was typed. By POST: a GET would put it into addresses."""
    response = box(request, RoomRegion(Room(slug=slug)))  # for its ids and addresses alone
    if "mention" not in request.POST:
        composer.choose(response, request.POST.get("several", "1") == "1", request.is_secure())
    return response


def box(request: HttpRequest, region: RoomRegion) -> HttpResponse:
    """The box that was asked for, with what was typed or is completed by a `mention`, and what follows from that."""
    texts = request.POST.getlist("text")  # the newest comes first; what waits to be sent follows
    text, caret = texts[0] if texts else "", ""
    several = request.POST.get("several", "1") == "1"
    if mention := request.POST.get("mention"):
        several = composer.several_lines(request) or "\n" in text
        text, caret = completed(text, mention), request.headers.get("HX-Trigger", "")
    text = text if several else " ".join(text.splitlines())
    context = {"region": region, "text": text, "caret": caret, "several_lines": several, "chosen": True}
    return render(request, "parlour_rooms/composer.html#lines", context)


@require_POST
def pasted(request: HttpRequest, slug: str) -> HttpResponse:
    """What became of pasted line breaks in a box of one line. A page cannot see what was pasted: it is always said."""
    return render(request, "parlour_rooms/composer.html#pasted")


@require_safe
@cache_control(public=True, max_age=3600)
def mine_css(request: HttpRequest, pk: str) -> HttpResponse:
    """The style sheet that marks this person's lines; it says nothing about anybody."""
    with in_page_language(request):
        sheet = render_to_string("parlour_rooms/mine.css", {"pk": pk, "you": gettext("(you)")})
    return HttpResponse(sheet, content_type="text/css")


def back(request: HttpRequest, room: Room) -> str:
    """The page that a form stood on: the room's own, or whichever shows the room on an object."""
    page = request.META.get("HTTP_REFERER", "").partition("#")[0] if room.is_on_object else ""
    if page and url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()):
        return page
    return room.get_absolute_url()


def _count(value: Any) -> int:
    try:
        return send_once.count(value or 0)
    except Malformed:
        return 0
