"""Going to a message, or to a day, in what was posted in a room."""

from datetime import date, datetime, time

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from parlour import Denied
from rooms.models import Message, Room
from rooms.permissions import away
from rooms.rows import sent_pk


class DayForm(forms.Form):
    """A day, as the reader's language writes it or as YYYY-MM-DD."""

    on = forms.DateField()


def number_of(room: Room, pk: str | None) -> int | None:
    """The number of the message with this primary key, as an address gave it; None without one. Raises Denied."""
    if not pk:
        return None
    number = room.messages.filter(pk=sent_pk(pk)).values_list("seq", flat=True).first()
    if number is None:
        raise Denied(4004, away(_("There is no such message in this room.")))
    return number


def first_on(room: Room, day: date) -> Message | None:
    """The first message posted on this day or after it, where it is read."""
    try:
        midnight = timezone.make_aware(datetime.combine(day, time.min))
        return room.messages.filter(created__gte=midnight, seq__isnull=False).order_by("created", "seq").first()
    except OverflowError:  # a year before the calendar's first, or after its last, in UTC
        return None
