"""Addresses of this site in mails and feeds: absolute, and signed where they open something without a sign-in."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.http import urlencode


def mail_field() -> str:
    """The name of the field that holds a person's mail address; "" where no mail can be sent."""
    user = get_user_model()
    name = user.get_email_field_name()
    try:
        user._meta.get_field(name)
    except FieldDoesNotExist:
        return ""
    sends = getattr(settings, "SITE_URL", "") and not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")
    return name if sends else ""


def address_of(person: Any) -> str:
    """Where this person gets mail; "" for nowhere."""
    field = mail_field()
    return (getattr(person, field) or "") if field and not getattr(person, "is_guest", False) else ""


def absolute(name: str, *args: Any) -> str:
    """The address of a view for a reader who is elsewhere, below SITE_URL."""
    path = reverse(f"parlour_alerts:{name}", args=args)
    return f"{settings.SITE_URL.rstrip('/')}/{path.removeprefix(get_script_prefix())}"


def signed_query(purpose: str, *values: Any) -> str:
    """What follows an address that does this for whoever has it. No log of requests holds a query."""
    signed = Signer(salt=f"alerts.{purpose}").sign_object([str(value) for value in values])
    return "?" + urlencode({"key": signed})


def read_query(purpose: str, request: HttpRequest) -> list[str]:
    """The values that `signed_query` was given, as text. Another query raises Http404."""
    try:
        return list(Signer(salt=f"alerts.{purpose}").unsign_object(request.GET.get("key", "")))
    except (BadSignature, ValueError) as error:
        raise Http404 from error
