"""Days in a conversation."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()


@register.simple_tag
def newday(before: datetime | None, now: datetime) -> str:
    """The date, if `now` is another day than `before` where the reader is; else nothing."""
    today = timezone.localtime(now).date()
    if before is not None and timezone.localtime(before).date() == today:
        return ""
    return date_format(today, "l j F Y")
