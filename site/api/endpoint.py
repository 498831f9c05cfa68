"""What all addresses of the API have in common: a token and nothing else opens them, and errors are JSON in words."""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.tokens import Refused, authenticate, bearer
from parlour import rate_limit

RATE = "20/200"  # requests with one token: a second / at once
View = Callable[..., JsonResponse]


def endpoint(**views: tuple[str, View]) -> Callable[..., HttpResponse]:
    """The view of an address: for each method the scope that it takes, and what answers (request, token, …)."""

    @csrf_exempt  # no cookie says who asks
    @never_cache
    def answer(request: HttpRequest, **route: Any) -> HttpResponse:
        try:
            return _answer(request, views, route)
        except Refused as why:
            return JsonResponse({"error": why.words}, status=why.status, headers=why.headers)

    return answer


def _answer(request: HttpRequest, views: dict[str, tuple[str, View]], route: dict[str, Any]) -> JsonResponse:
    if not views:
        raise Refused(404, "There is nothing at this address. Each ends with a “/”.")
    if request.method not in views:
        raise Refused(405, f"This address takes {' and '.join(views)}.", Allow=", ".join(views))
    scope, view = views[request.method]
    token = authenticate(bearer(request.headers.get("Authorization", "")), request.META.get("REMOTE_ADDR", ""))
    if not token.may(scope):
        raise Refused(403, f"This token has no scope “{scope}”.")
    if not rate_limit("api", token.pk, RATE).take():
        raise Refused(429, "That is too much at once. Wait a moment.", Retry_After="1")
    return view(request, token, **route)


def body(request: HttpRequest) -> bytes:
    """What was sent. Raises Refused."""
    try:
        return request.body
    except RequestDataTooBig:
        raise Refused(413, "This body is too large.") from None


def text_field(request: HttpRequest, *names: str) -> list[str]:
    """These texts of the JSON object that was sent; the first one has to be there. Raises Refused."""
    try:
        sent = json.loads(body(request))
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise Refused(400, "Send one JSON object.")
    texts = [sent.get(name, "") for name in names]
    for name, text in zip(names, texts, strict=True):
        if not isinstance(text, str):
            raise Refused(400, f"“{name}” has to be a text.")
    if names[0] not in sent:
        raise Refused(400, f"“{names[0]}” is missing.")
    return texts
