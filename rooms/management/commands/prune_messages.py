"""manage.py prune_messages: delete what was posted longer ago than its room keeps messages."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from rooms.models import Message, Room
from rooms.moderation import remove

BATCH = 200  # messages a transaction, so that no other writer waits long
SHOWN = timedelta(hours=1)  # as deleted, so that open pages see it, before the row goes too


class Command(BaseCommand):
    """Deletes old messages with their files. What was deleted an hour ago and is old leaves the page as well."""

    help = "Deletes messages of rooms that keep theirs for some days only. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        now, deleted = timezone.now(), 0
        for room in Room.objects.exclude(keep_days=None):
            old = room.messages.filter(created__lt=now - timedelta(days=room.keep_days or 0)).order_by("pk")
            while batch := list(old.filter(deleted__lt=now - SHOWN).values_list("pk", flat=True)[:BATCH]):
                Message.objects.filter(pk__in=batch).delete()
            while batch := list(old.filter(deleted=None).values_list("pk", flat=True)[:BATCH]):
                remove(batch)
                deleted += len(batch)
        self.stdout.write(f"{deleted} messages deleted.")
