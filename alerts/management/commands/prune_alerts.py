"""manage.py prune_alerts: delete old alerts."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from alerts.models import Alert
from alerts.notifications import delete_alerts

BATCH = 500  # rows a transaction, so that no other writer waits long


class Command(BaseCommand):
    """Deletes resolved alerts after some days and all others after more days; the counts stay right."""

    help = "Deletes alerts that were resolved, or made, long ago. Run it daily."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--resolved", "--settled", type=int, default=30, help="days that resolved alerts stay (30)")
        parser.add_argument("--days", type=int, default=180, help="days that all other alerts stay (180)")

    def handle(self, *args: Any, **options: Any) -> None:
        if min(options["resolved"], options["days"]) < 0:
            raise CommandError("Days are counted from 0.")
        resolved, made = (timezone.now() - timedelta(days=options[name]) for name in ("resolved", "days"))
        old = Alert.objects.filter(Q(resolved__lt=resolved) | Q(at__lt=made)).order_by("pk")
        gone = 0
        while batch := list(old.values_list("pk", flat=True)[:BATCH]):
            gone += delete_alerts(Alert.objects.filter(pk__in=batch))
        self.stdout.write(f"{gone} alerts deleted.")
