"""What can be done with a message. Each ability registers its actions; one address takes them, one menu offers them.

A page submits one pair: the action's name, and the message's primary key, which a value may follow: `react=41 👍`. A
form that has more to say, such as an edited text, says it in a field `value`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parlour import rate_limit
from rooms.composer import several_lines
from rooms.models import Message, Room
from rooms.object_rules import refuse_coroutine
from rooms.permissions import Rights
from rooms.rows import sent_pk
from rooms.send_once import newest_number

if TYPE_CHECKING:
    from rooms.streams import RoomRegion

RATE = "2/20"  # actions of one person: a second / at once
TOO_FAST = _("That was a lot at once. Wait a moment, then try again.")
NOT_OFFERED = _("This cannot be done any more.")


class Form(NamedTuple):
    """What goes into a part of the page, the slot above the composer: a template, with this context and some more.

    That is the `region`, `plain` (without script), `several_lines`, and `n`, the number of the text in the page's box.
    """

    template: str
    context: dict[str, Any]
    part: str = "slot"


class ActionRefused(Exception):
    """An action that was not done, with the reason in words, and what was typed in a form if it is worth keeping."""

    def __init__(self, words: Any, form: Form | None = None) -> None:
        super().__init__(words)
        self.form = form


Act = Callable[[Any, Room, Rights, Message, str], "str | Form | None"]
May = Callable[[Any, Room, Rights, Message], bool]


class Action(NamedTuple):
    """What is done, who may do it, and what the menu calls it, if it does not know it by its name."""

    act: Act
    may: May
    label: Any


_actions: dict[str, Action] = {}


def may_write(person: Any, room: Room, rights: Rights, message: Message) -> bool:
    """Who may write may do it, with any message that is not deleted."""
    return rights.write and message.deleted is None


def action(name: str, may: May = may_write, label: Any = "") -> Callable[[Act], Act]:
    """Decorate `act(person, room, rights, message, value)`, which is called only where `may` says so.

    It returns words for the person, a Form for the slot above the composer, or None, and may raise ActionRefused. The
    menu of a message offers it by its `label`; without one the template `parlour_rooms/menu.html` has to name it.
    """

    def register(act: Act) -> Act:
        refuse_coroutine(may)
        refuse_coroutine(act)
        _actions[name] = Action(act, may, label)
        return act

    return register


class ActionResult(NamedTuple):
    """What came of an action: words for the person, and what the slot above the composer holds now."""

    message: Message
    words: str = ""
    form: Form | None = None
    refused: bool = False


def perform(person: Any, region: "RoomRegion", fields: Mapping[str, Any]) -> ActionResult:
    """Do what a page submitted. 404 if it names no action, or no message of this room."""
    name = next((each for each in fields if each in _actions), "")
    pk, _, value = str(fields.get(name, "")).partition(" ")
    value = f"{value} {fields.get('value', '')}".strip()
    message = message_in(region.room, pk)
    try:
        if not _actions[name].may(person, region.room, region.rights, message):
            raise ActionRefused(NOT_OFFERED)
        if not rate_limit("action", person.pk, RATE).take():
            raise ActionRefused(TOO_FAST)
        answer = _actions[name].act(person, region.room, region.rights, message, value)
    except ActionRefused as why:
        return ActionResult(message, str(why), why.form, refused=True)
    return ActionResult(message, form=answer) if isinstance(answer, Form) else ActionResult(message, answer or "")


def message_in(room: Room, pk: Any) -> Message:
    """The message of this room with this primary key, as a page sent it; 404 if there is none."""
    message = Message.objects.filter(room=room, pk=sent_pk(pk), seq__isnull=False).first()
    if message is None:
        raise Http404
    message.room = room
    return message


def fragments(request: HttpRequest, region: "RoomRegion", result: ActionResult) -> str:
    """What a page is sent after an action: words, the slot, and the message itself where no socket brings it."""
    parts = []
    closes = bool(request.POST.get("slot")) and not result.refused  # the form in it is done with, and had the focus
    if result.form:
        parts.append(region.inner(result.form.part, render_form(request, region, result.form)))
    elif closes:
        parts.append(region.inner("slot", ""))
    said = render_to_string("parlour_rooms/actions.html#said", {"result": result, "closes": closes})
    parts.append(region.inner("said", said))
    if request.POST.get("later"):
        row, _ = region.log.page(region.log.variant(request.user), result.message.seq or 0, most=1)
        parts.append(region.replaced(row))
    return "".join(parts)


def render_form(request: HttpRequest, region: "RoomRegion", form: Form) -> str:
    """The markup of a form."""
    context = {"region": region, "plain": not request.headers.get("HX-Request"), "n": newest_number(request.POST)}
    context["several_lines"] = several_lines(request)
    return render_to_string(form.template, context | form.context, request)


def render_menu(request: HttpRequest, region: "RoomRegion", pk: Any, plain: bool = False) -> SafeString:
    """What this person may do with one message; with `plain` on a page without script. 404 if there is none."""
    message = message_in(region.room, pk)
    may = {name: each.may(request.user, region.room, region.rights, message) for name, each in _actions.items()}
    labelled = [(name, each.label) for name, each in _actions.items() if each.label and may[name]]
    context = {"region": region, "message": message, "may": may, "line": region.id(pk), "plain": plain}
    context["labelled"] = labelled
    return render_to_string("parlour_rooms/menu.html", context, request)
