"""The page on which messages are searched, as one types or by a plain form."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.http import replace_url

from chat.settings_views import readable
from parlour import rate_limit
from rooms.search import LONGEST, results, search

MOST = 20  # results on a page
RATE = "4/60"  # by one person or address: a second / at once
FIRST, LAST = date(1, 1, 3), date(9999, 12, 29)  # between them one can count in every zone
DATE = forms.DateInput(attrs={"type": "date"})


class SearchForm(forms.Form):
    """What is searched for, and where."""

    q = forms.CharField(
        label=_("Words"),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"type": "search", "autofocus": True, "autocomplete": "off"}),
    )
    by = forms.CharField(label=_("Written by"), required=False, max_length=150, help_text=_("A name, as it is shown."))
    since = forms.DateField(label=_("From"), required=False, widget=DATE)
    until = forms.DateField(label=_("Until"), required=False, widget=DATE)
    before = forms.IntegerField(required=False, max_value=2**62, widget=forms.HiddenInput)

    @property
    def narrows(self) -> bool:
        """Whether more than words is asked for."""
        return any(self[name].value() or self[name].errors for name in ("by", "since", "until"))

    def moment(self, name: str, days: int = 0) -> datetime | None:
        """The first moment of a date that was chosen, in the reader's zone; or that of `days` later."""
        day = self.cleaned_data[name]
        day = day and min(max(day, FIRST), LAST) + timedelta(days)
        return timezone.make_aware(datetime.combine(day, time.min)) if day else None


@require_safe
@never_cache
def search_page(request: HttpRequest) -> HttpResponse:
    """What this person may read and was searched for, everywhere or in one room."""
    slug = request.GET.get("room", "")
    room = readable(request.user, slug) if slug else None
    form = SearchForm(request.GET if request.GET.get("q", "").strip() else None, initial=request.GET.dict())
    who = request.user.pk or request.META.get("REMOTE_ADDR", "")
    if form.is_valid() and not rate_limit("search", who, RATE).take():
        form.add_error(None, gettext("You have searched a lot just now. Wait a moment, then search again."))
    context: dict[str, Any] = {"form": form, "room": room}
    if form.is_valid():
        asked = form.cleaned_data
        rows = search(request.user, asked["q"], room, asked["by"], form.moment("since"), form.moment("until", 1))
        rows = rows.filter(pk__lt=asked["before"]) if asked["before"] else rows
        page = list(rows[: MOST + 1])
        context |= {"asked": True, "results": results(page[:MOST], asked["q"])}
        if len(page) > MOST:
            context["earlier"] = _address(request, before=page[MOST - 1].pk)
    response = render(request, "chat/search.html", context, status=422 if form.errors and not request.htmx else 200)  # type: ignore[attr-defined]
    return replace_url(response, _address(request)) if request.htmx else response  # type: ignore[attr-defined]


def _address(request: HttpRequest, **values: Any) -> str:
    """The address of this search, without what is empty."""
    fields = {name: value for name, value in (request.GET.dict() | values).items() if value}
    return f"{request.path}?{urlencode(fields)}"
