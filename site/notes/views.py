"""The pages of notes, and the one address of all that is done in them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings as site
from django.contrib import messages as notices
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat.settings_views import form_page, form_view
from notes import markdown, writing
from notes.forms import ImportForm, NoteForm
from notes.live import NoteRegion
from notes.models import SHOWN, Draft, Kind, Note
from notes.permissions import Rights, note_for
from notes.writing import READ_ONLY, VERBS, Pane, Refused
from parlour import Denied, Region, rate_limit
from rooms.files import post_files, prepare_soon
from rooms.images import FileRejected, measure
from rooms.markup import TextRejected
from rooms.models import Attachment, Room
from rooms.names import is_guest
from rooms.permissions import room_for
from rooms.rows import sent_pk
from rooms.send_once import new_page

PAGE = 50  # notes
RECENT = timedelta(hours=1)  # a draft that fills the pane of a page that loads
RATE = "5/60"  # what one person does: a second / at once
TOO_FAST = gettext_lazy("That was a lot at once. Wait a moment, then try again.")
READY_WITHIN = 10  # seconds, for an image to be prepared
View = Callable[..., HttpResponse]


def of_note(manage: bool = False) -> Callable[[View], View]:
    """Decorate a page of a note, which gets it with the reader's rights. 404 for whoever may not read it."""

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def page(request: HttpRequest, pk: int, **route: Any) -> HttpResponse:
            try:
                note, allowed = note_for(request.user, pk, manage)
            except Denied:
                if not request.user.is_authenticated:
                    return redirect_to_login(request.get_full_path())
                raise Http404 from None
            if manage and not allowed.manage:
                raise PermissionDenied
            return view(request, note, allowed, **route)

        return page

    return decorate


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The notes that somebody may read, what was changed last first, and what they have not saved anywhere."""
    words, archived = request.GET.get("q", "").replace("\0", "")[:100].strip(), "archived" in request.GET
    notes = Note.objects.visible_to(request.user).filter(archived__isnull=not archived).select_related("room")
    if room := request.GET.get("room", "").replace("\0", ""):
        notes = notes.filter(room__slug=room)
    alike = (("title__icontains", each) for each in {words, words.lower(), words.title()})  # SQLite tells "ö" from "Ö"
    shown = Paginator(notes.filter(Q(*alike, _connector=Q.OR)).order_by("-touched", "-pk"), PAGE)
    drafts = Draft.objects.filter(person=request.user.pk).select_related("block__note").order_by("-at")[:PAGE]
    readable = set(Note.objects.visible_to(request.user).filter(blocks__drafts__in=list(drafts)))
    context = {
        "page": shown.get_page(request.GET.get("page")),
        "q": words,
        "archived": archived,
        "deleted": Note.objects.filter(owner=request.user.pk or 0, deleted__isnull=False) if archived else (),
        "room": room,
        "drafts": [(draft, draft.block.note in readable) for draft in drafts],
        "may": not is_guest(request.user),
    }
    return render(request, "notes/list.html", context)


@form_view
def new(request: HttpRequest) -> HttpResponse:
    """Make a note, in the room that the address names or alone."""
    room = None
    if slug := request.GET.get("room"):
        with suppress(Denied):
            room, allowed = room_for(request.user, slug)
        if room is None or not allowed.write:
            raise Http404
    elif is_guest(request.user):
        notices.info(request, _("Only people with an account can make notes."))
        return redirect("accounts:signup")
    form = NoteForm(request.POST or None, instance=Note(owner_id=request.user.pk, room=room))
    if form.is_valid():
        writing.save_note(form)
        return redirect(form.instance)
    return form_page(request, "notes/form.html", form, room=room)


@require_safe
@of_note()
def note(request: HttpRequest, note: Note, allowed: Rights) -> HttpResponse:
    """A note. In the pane is what the address says, or what its reader wrote last and has not saved."""
    asked = sent_pk(request.GET.get("edit"))
    drafts = Draft.objects.filter(person=request.user.pk, block__note=note).select_related("block__author")
    drafts = drafts.filter(block=asked) if asked else drafts.filter(at__gt=timezone.now() - RECENT)
    pane = Pane()
    if pk := sent_pk(request.GET.get("tools")):
        pane = Pane("tools", note.blocks.filter(pk=pk).first())
    elif draft := drafts.order_by("-at").first():
        pane = Pane("editor", draft.block, draft)
    return note_page(request, note, allowed, pane)


def note_page(
    request: HttpRequest, note: Note, allowed: Rights, pane: Pane, problem: Any = "", status: int = 200
) -> HttpResponse:
    """The page of a note with this pane, and with what is wrong."""
    shown, target = sent_pk(request.GET.get("show")), sent_pk(request.GET.get("block"))
    if block := note.blocks.filter(pk=target).first():
        shown = max(shown, note.blocks.filter(SHOWN, place__lte=block.place).count())
    region = NoteRegion(note, allowed, shown)
    markup = pane_markup(request, region, pane) if allowed.write or pane.draft else ""
    context = {**region.paint(request), "note": note, "allowed": allowed, "pane": markup, "problem": problem}
    return render(request, "notes/note.html", context, status=status)


def pane_markup(request: HttpRequest, region: NoteRegion, pane: Pane) -> str:
    """What stands in the pane, and what else its owner has begun in this note."""
    drafts = Draft.objects.filter(person=request.user.pk, block__note=region.note).select_related("block")
    context = {"region": region, "kinds": Kind.choices, **pane._asdict()}
    if pane.draft:
        context["given"] = writing.digest(pane.draft.kind, pane.draft.text)
    context["drafts"] = [each for each in drafts if pane.draft is None or each.block_id != pane.draft.block_id]
    if pane.state == "conflict" and pane.block and pane.draft:
        context["theirs"], context["mine"] = markdown.compare(pane.block.text, pane.draft.text)
    return render_to_string("notes/pane.html", context, request)


@require_POST
def do(request: HttpRequest, pk: int) -> HttpResponse:
    """Do a verb. htmx is answered with the pane, a plain form with a page."""
    verb = next((each for each in VERBS if each in request.POST), "")
    if not verb:
        raise Http404
    return perform(request, pk, lambda note, fields: writing.act(request.user, note.pk, verb, fields))


@require_POST
def image(request: HttpRequest, pk: int) -> HttpResponse:
    """An image for a block. It is posted among the files of the note's room; one that stands alone has one for them."""

    def put(note: Note, fields: dict[str, str]) -> Pane:
        upload = request.FILES.get("file")
        if upload is None or measure(upload) is None:
            raise Refused(_("Choose an image: JPEG, PNG, GIF or WebP."))
        room = note.room or Room.objects.on(note)
        post_files(request.user, room, new_page(), [upload])
        posted = Attachment.objects.filter(room=room, author=request.user.pk, message__isnull=False).latest("pk")
        with suppress(TimeoutError):
            prepare_soon().result(READY_WITHIN)
        return writing.act(request.user, pk, "set_image", fields, sent_pk(fields.get("image")), posted.pk)

    return perform(request, pk, put)


def perform(request: HttpRequest, pk: int, work: Callable[[Note, dict[str, str]], Pane]) -> HttpResponse:
    """Keep what is typed, do the work, and say in words why it was not done, with nothing lost."""
    fields = request.POST.dict()
    writing.keep(request.user, pk, fields)
    region: NoteRegion | None = None
    problem: Any = None
    pane: Pane | None = None
    try:
        region = NoteRegion(*note_for(request.user, pk))
        if not region.rights.write:
            raise Denied(4003, str(READ_ONLY))
        if not rate_limit("notes", request.user.pk, RATE).take():
            raise Refused(TOO_FAST)
        pane = work(region.note, fields)
    except Denied:
        problem = READ_ONLY
    except (Refused, TextRejected, FileRejected) as why:
        problem, pane = why, getattr(why, "pane", None)
    if request.headers.get("HX-Request"):
        return HttpResponse(fragments(request, region or Region(f"note-{pk}", "/", ""), pane, problem))
    if region is None:
        raise Http404
    if problem or pane is None or pane.state == "conflict":
        draft = Draft.objects.filter(pk=sent_pk(fields.get("draft")), person=request.user.pk).first()
        shown = pane or Pane("editor" if draft else "", draft.block if draft else None, draft)
        return note_page(request, region.note, region.rights, shown, problem, 403 if problem is READ_ONLY else 409)
    name = "edit" if pane.draft else "tools"
    return redirect(f"{region.address}?{name}={pane.block.pk}#note-{pk}-pane" if pane.block else region.address)


def fragments(request: HttpRequest, region: Any, pane: Pane | None, problem: Any) -> str:
    """What a page is sent: words, and the pane if it shows something else now."""
    if pane and pane.state == "kept" and pane.block:
        context = {"now": timezone.now(), "given": writing.digest(**writing.typed(request.POST)), **pane._asdict()}
        return region.inner("kept", render_to_string("notes/parts.html#kept", context))
    parts = region.inner("said", render_to_string("notes/parts.html#said", {"problem": problem}))
    if pane and pane.state != "kept":
        parts += region.inner("pane", pane_markup(request, region, pane))
    if pane and pane.pressed == "close" and (pk := sent_pk(request.POST.get("close"))):
        context = {"region": region, "row": {"pk": pk}, "pressed": True}
        parts += render_to_string("notes/parts.html#more_button", context)
    return parts + (region.present(request) if request.POST.get("plain") and not request.POST.get("met") else "")


@require_safe
@of_note()
def history(request: HttpRequest, note: Note, allowed: Rights, block: int) -> HttpResponse:
    """What a block said, the newest first."""
    row = get_object_or_404(note.blocks, pk=block)
    revisions = row.revisions.select_related("author").order_by("-pk")
    context = {"note": note, "row": row, "allowed": allowed, "revisions": revisions[:PAGE]}
    return render(request, "notes/history.html", context)


@require_safe
@of_note()
def deleted(request: HttpRequest, note: Note, allowed: Rights) -> HttpResponse:
    """Blocks that were deleted, the last first."""
    blocks = note.blocks.filter(deleted__isnull=False, version__gt=0).select_related("author").order_by("-deleted")
    return render(request, "notes/deleted.html", {"note": note, "allowed": allowed, "blocks": blocks[:PAGE]})


@form_view
@of_note(manage=True)
def settings(request: HttpRequest, note: Note, allowed: Rights) -> HttpResponse:
    """Rename a note, decide who it is for, archive and delete it; and undo that."""
    state = next((each for each in writing.STATES if each in request.POST), "")
    form = NoteForm(request.POST if request.POST and not state else None, instance=note)
    if state:
        writing.set_state(note, state)
        return redirect("notes:settings", note.pk) if note.deleted or note.archived else redirect(note)
    if form.is_valid():
        writing.save_note(form)
        return redirect(note)
    return form_page(request, "notes/form.html", form, note=note)


@form_view
@of_note()
def import_markdown(request: HttpRequest, note: Note, allowed: Rights) -> HttpResponse:
    """Add the blocks of a Markdown text at the end."""
    if not allowed.write:
        raise PermissionDenied
    form = ImportForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            blocks = markdown.imported(form.cleaned_data["text"], note.title)
            writing.act(request.user, note.pk, "append", {}, blocks)
            return redirect(f"{note.get_absolute_url()}?show={note.blocks.count()}")
        except (TextRejected, Refused) as why:
            form.add_error("text", str(why))
    return form_page(request, "notes/import.html", form, note=note)


@require_safe
@of_note()
def export(request: HttpRequest, note: Note, allowed: Rights, ending: str) -> HttpResponse:
    """The note as Markdown, or as a page that is read without a server."""
    blocks = list(note.blocks.filter(SHOWN, version__gt=0).order_by("place", "pk").select_related("image__room"))
    context = {"note": note, "blocks": blocks, "site": site.SITE_URL}
    text = markdown.exported(note, blocks) if ending == "md" else render_to_string("notes/export.html", context)
    kind = "text/markdown" if ending == "md" else "text/html"
    name = f"{slugify(note.title, allow_unicode=True) or note.pk}.{ending}"
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers=headers)
