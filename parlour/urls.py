"""The addresses of live parts, and of apps that bring their own: `path("", include("parlour.urls"))`.

An app brings its addresses below the `live_path` of its AppConfig, such as "alerts/".
"""

from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import include, path, re_path
from django.utils.html import conditional_escape
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_protect

from parlour import composer
from parlour.consumer import Denied, Malformed
from parlour.live_parts import Arguments, Part, find_signed
from parlour.regions import Ids, in_page_language
from parlour.send_queue import Send


@csrf_protect
def part(request: HttpRequest, name: str, signed: str) -> HttpResponse:
    """The panel of a part for its watchdog; a POST does a verb, with a socket, without one and without script."""
    try:
        declared, arguments = find_signed(name, signed)
    except LookupError:
        raise Http404 from None
    if request.method == "POST":
        with in_page_language(request):
            return act(request, declared, arguments)
    return declared.consumer.as_panel()(request, **arguments)


def act(request: HttpRequest, part: Part, arguments: Arguments) -> HttpResponse:
    """Do the verb of a form. A page without a socket is answered with what it should show now."""
    verb, _, chosen = request.POST.get("verb", "").partition("?")
    fields = {**request.POST.dict(), **QueryDict(chosen).dict()}
    composed = "send" in fields and verb in part.verbs
    problem, status, once = "", 200, ""
    try:
        if composed:
            fields["text"], once = composer.read(request.user, part, arguments, verb, fields)
        part.act(request.user, verb, arguments, fields, once)
    except Denied as denied:
        problem, status = denied.words, 403
    except Malformed as malformed:
        problem, status = str(malformed), 400
    refused = {"text": request.POST.get("text", ""), "problem": problem} if problem else {}
    label = fields.get("label", "")
    if "HX-Request" not in request.headers:
        if problem and composed:
            form = composer.render(request, part, arguments, verb, label, back=back(request), **refused)
            words = {"composer": form, "back": back(request)}
            return render(request, "parlour/composer_page.html", words, status=status)
        return HttpResponse(conditional_escape(problem), status=status) if problem else redirect(back(request))
    ids = Ids(part.key(arguments))
    fragments = ids.inner("note", "" if composed else conditional_escape(problem))
    if composed:
        fragments += ids.replaced(composer.render(request, part, arguments, verb, label, focus=True, **refused))
    if status != 403 and not request.POST.get("met"):
        fragments += _present(request, part, arguments)
    return HttpResponse(fragments)


def _present(request: HttpRequest, part: Part, arguments: Arguments) -> str:
    """The part as it is now, or why this reader sees it no more: a verb may have deleted what it shows."""
    try:
        return part.authorize(request.user, arguments).present(request)
    except Denied as gone:
        return Ids(part.key(arguments)).inner("now", conditional_escape(gone.words))


def back(request: HttpRequest) -> str:
    """The page that a form stood on."""
    page = request.POST.get("back") or request.headers.get("Referer", "")
    own = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return page if own else request.META.get("SCRIPT_NAME", "") + "/"


def no_upgrade(request: HttpRequest, name: str, signed: str) -> HttpResponse:
    """A socket was asked for, and the server took it for a page."""
    words = "This server serves no sockets: run an ASGI server with ASGI_APPLICATION, such as daphne or uvicorn."
    return HttpResponse(words, status=400, content_type="text/plain")


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """Refuse the handshake of a socket at an unknown address."""
    await receive()
    await send({"type": "websocket.close"})


async def socket(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """The ASGI application behind the one address of all sockets."""
    address = scope["url_route"]["kwargs"]
    try:
        declared, arguments = find_signed(address["name"], address["signed"])
    except LookupError:
        await no_such_socket(scope, receive, send)
    else:
        route = {"args": (), "kwargs": arguments}
        await declared.consumer({**scope, "url_route": route}, send).serve(receive)


parts = [
    path("parlour/<str:name>/<str:signed>/", part, name="part"),
    path("parlour/<str:name>/<str:signed>/socket/", no_upgrade, name="socket"),
]
brought = [(app.live_path, f"{app.name}.urls") for app in apps.get_app_configs() if hasattr(app, "live_path")]
urlpatterns = [path("", include((parts, "parlour"))), *(path(below, include(urls)) for below, urls in brought)]
websocket_urlpatterns = [
    re_path(r"^(?:.*/)?parlour/(?P<name>\w+)/(?P<signed>[\w:=-]+)/socket/$", socket),  # type: ignore[arg-type]
]
