"""Addresses of files in a widget: an image is asked for without a cookie or a ticket, so that its address is signed.

A page shows it to those who may read the room. It is good until the end of the next day.
"""

from django.core.signing import Signer
from django.urls import reverse
from django.utils import timezone


def file_address(public_id: str, pk: int) -> str:
    """Where a file in the room of a widget is read today and tomorrow."""
    return reverse("embed:file", args=[public_id, pk, _signatures(public_id, pk)[0]])


def is_valid(public_id: str, pk: int, signature: str) -> bool:
    """Whether a page of this widget was given that address, today or yesterday."""
    return signature in _signatures(public_id, pk)


def _signatures(public_id: str, pk: int) -> list[str]:
    signer, today = Signer(salt="widgets.file"), timezone.now().toordinal()
    return [signer.signature(f"{public_id} {pk} {day}") for day in (today, today - 1)]
