"""manage.py prune_alerts: what nobody needs any more goes."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from alerts.models import Alert
from alerts.telling import forget

BATCH = 500  # rows a transaction: nobody waits long


class Command(BaseCommand):
    """Deletes settled alerts after one time and all others after a longer one; every count stays right."""

    help = "Deletes alerts that were settled, or told, long ago. Run it daily."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--settled", type=int, default=30, help="days after which settled alerts go (30)")
        parser.add_argument("--days", type=int, default=180, help="days after which all alerts go (180)")

    def handle(self, *args: Any, **options: Any) -> None:
        if min(options["settled"], options["days"]) < 0:
            raise CommandError("Days are counted from 0.")
        now = timezone.now()
        settled, told = (now - timedelta(days=options[name]) for name in ("settled", "days"))
        old = Alert.objects.filter(Q(settled__lt=settled) | Q(at__lt=told)).order_by("pk")
        gone = 0
        while batch := list(old.values_list("pk", flat=True)[:BATCH]):
            gone += forget(Alert.objects.filter(pk__in=batch))
        self.stdout.write(f"{gone} alerts deleted.")
