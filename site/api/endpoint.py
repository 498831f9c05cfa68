"""What all addresses of the API have in common: a token and nothing else opens them, and errors are JSON in words."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.tokens import Refused, authenticate, bearer
from parlour import rate_limit

RATE = "20/200"  # requests with one token: a second / at once
View = Callable[..., tuple[int, Any]]

_json = partial(JsonResponse, json_dumps_params={"ensure_ascii": False})  # people read it in a terminal


def endpoint(**views: tuple[str, View]) -> Callable[..., HttpResponse]:
    """The view of an address: for each method the scope it takes, and what gives status and content for a token.

    Content is JSON, or a response of its own, such as a file.
    """

    @csrf_exempt  # no cookie says who asks
    @never_cache
    def answer(request: HttpRequest, **route: Any) -> HttpResponse:
        try:
            if not views:
                raise Refused(404, "There is nothing at this address. All of the API begin with /api/ and end with /.")
            if request.method not in views:
                raise Refused(405, f"This address takes {' and '.join(views)} only.", Allow=", ".join(views))
            scope, view = views[request.method]
            token = authenticate(bearer(request.headers.get("Authorization", "")), request.META.get("REMOTE_ADDR", ""))
            if not token.may(scope):
                raise Refused(403, f"This token has no scope “{scope}”.")
            if not rate_limit("api", token.pk, RATE).take():
                raise Refused(429, "That is too much at once. Wait a moment.", Retry_After="1")
            status, content = view(request, token, **route)
            return content if isinstance(content, HttpResponse) else _json(content, status=status)
        except RequestDataTooBig:
            return _json({"error": "This body is too large."}, status=413)
        except Refused as why:
            return _json({"error": why.words}, status=why.status, headers=why.headers)

    return answer


def texts_of(request: HttpRequest, *names: str) -> list[str]:
    """These texts of the JSON object that was sent; the first has to be there. Raises Refused."""
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise Refused(400, "Send a JSON object, or for a room a text with “Content-Type: text/plain”.")
    texts = [sent.get(name, "") for name in names]
    if names[0] not in sent or not all(isinstance(text, str) for text in texts):
        raise Refused(400, f"Send “{names[0]}”. Strings are taken for: {', '.join(names)}.")
    return texts
