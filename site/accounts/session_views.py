"""Where somebody is signed in: the list, and how to sign out there."""

import re
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

# By a word in what a browser says of itself, the first that is there; most of them claim to be others as well.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"} | {
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """The sessions of this person. A POST ends that of a `number`, or all `others`."""
    person: Any = request.user
    rows = list(person.sessions.filter(expire_date__gt=timezone.now()))
    others = [row for row in rows if row.session_key != request.session.session_key]
    if request.method == "POST":
        ended = others if "others" in request.POST else [row for row in others if row.number == request.POST.get("end")]
        if not ended and "others" not in request.POST:
            raise Http404
        for row in ended:
            row.delete()  # its pages hear of it by a signal
        said = ngettext("You are signed out in {n} place.", "You are signed out in {n} places.", len(ended))
        messages.success(request, said.format(n=len(ended)))
        return redirect("accounts:sessions")
    here = [row for row in rows if row not in others]
    listed = [_described(row) | {"here": row in here} for row in here + others]
    return render(request, "accounts/sessions.html", {"sessions": listed, "others": others})


def _described(row: Any) -> dict[str, Any]:
    """What a person knows a session by."""
    data = row.get_decoded()
    since = data.get("since")
    named = {"number": row.number, "browser": browser(data.get("agent", "")), "address": data.get("address", "")}
    return {**named, "since": datetime.fromisoformat(since) if since else None}


def browser(agent: str) -> str:
    """The browser and the system that such a `User-Agent` header names, in words."""
    program = next((name for word, name in BROWSERS.items() if re.search(rf"{word}\w*/", agent)), _("A browser"))
    system = next((name for word, name in SYSTEMS.items() if word in agent), "")
    return _("{browser} on {system}").format(browser=program, system=system) if system else program
