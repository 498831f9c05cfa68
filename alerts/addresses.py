"""Addresses of this site in mails and feeds: absolute, and signed where they open something without a sign-in."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.core.signing import BadSignature, Signer
from django.http import Http404
from django.urls import get_script_prefix, reverse


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


def token(purpose: str, *values: Any) -> str:
    """What an address holds that does this for whoever has it."""
    return Signer(salt=f"alerts.{purpose}").sign_object([str(value) for value in values])


def read_token(purpose: str, signed: str) -> list[str]:
    """The values that `token` was given, as text. Another token raises Http404."""
    try:
        return list(Signer(salt=f"alerts.{purpose}").unsign_object(signed))
    except (BadSignature, ValueError) as error:
        raise Http404 from error
