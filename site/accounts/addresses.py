"""A person's mail address: theirs once they have followed a link that was sent to it."""

import logging
from typing import Any
from urllib.parse import urljoin

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.mail import EmailMessage
from django.core.signing import BadSignature, dumps, loads
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.forms import OwnPasswordForm
from accounts.models import User
from accounts.rates import allows
from accounts.token_views import for_accounts
from parlour import rate_limit

log = logging.getLogger("parlour")
SALT = "accounts.address"
AGE = 24 * 3600  # seconds for which a link counts
RATE = "0.001/3"  # links that one person may have sent, and one address may get: a second / at once
FROM_ONE_PLACE = "0.01/20"  # and from one address of the network, over all processes


def sends_mail() -> bool:
    """Whether mail goes anywhere."""
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")


def site_of(request: HttpRequest) -> str:
    """Where links in mails lead: whoever asks for one may name any host under which the site is reached."""
    return settings.SITE_URL or request.build_absolute_uri("/")


class AddressForm(OwnPasswordForm):
    """Where somebody wants to get mail. A link to a new password goes there too, so it asks for the present one."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        help_text=gettext_lazy("You get a link there, which shows that it is yours."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "email"}),
        error_messages={"required": gettext_lazy("Type your e-mail address.")},
    )
    field_order = ["email", "password"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password"].widget.attrs["autofocus"]


@for_accounts
def address(request: HttpRequest) -> HttpResponse:
    """Send a link to the address that this person types."""
    user: Any = request.user
    if not sends_mail():
        raise Http404
    form = AddressForm(user, request.POST or None, initial={"email": user.email})
    if form.is_valid() and not _may_send(request, user, form.cleaned_data["email"]):
        form.add_error(None, _("Several links are on their way already. Wait a little and try again."))
    if form.is_valid() and not _send_link(request, user, form.cleaned_data["email"]):
        form.add_error(None, _("The mail could not be sent. Try again later."))
    if form.is_valid():
        messages.success(request, _("A mail with a link is on its way. Follow the link, and the address is yours."))
        return redirect("parlour_alerts:preferences")
    return render(request, "accounts/address.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@login_required
def confirm(request: HttpRequest, signed: str) -> HttpResponse:
    """The link that was sent: the address is this person's, unless they have got another one since."""
    user: Any = request.user
    try:
        pk, wanted, before = loads(signed, salt=SALT, max_age=AGE)
    except BadSignature:
        pk, wanted, before = user.pk, "", None
    if pk != user.pk:
        raise Http404
    if before == user.email:
        User.objects.filter(pk=user.pk).update(email=wanted)
        messages.success(request, _("Your address is confirmed. Choose what comes by e-mail."))
        return redirect("parlour_alerts:preferences")
    messages.error(request, _("That link does not count any more. Here you get another one."))
    return redirect("accounts:address")


def _may_send(request: HttpRequest, user: User, wanted: str) -> bool:
    """Whether one more link may go there."""
    return (
        rate_limit("address", user.pk, RATE).take()
        and allows("address", request.META.get("REMOTE_ADDR", ""), FROM_ONE_PLACE)
        and rate_limit("address-wanted", wanted.casefold(), RATE).take()
    )


def _send_link(request: HttpRequest, user: User, wanted: str) -> bool:
    """Whether the mail server took it."""
    path = reverse("accounts:confirm_address", args=[dumps([user.pk, wanted, user.email], salt=SALT)])
    words = _("Follow this link, signed in, and your mail comes here:"), _("If it was not you, ignore it.")
    text = f"{words[0]}\n{urljoin(site_of(request), path)}\n\n{words[1]}\n"
    headers = {"Auto-Submitted": "auto-generated"}
    try:
        return bool(EmailMessage(_("Confirm your address"), text, to=[wanted], headers=headers).send())
    except Exception as error:
        log.warning("a link that confirms an address was not sent (%r)", error)
        return False
