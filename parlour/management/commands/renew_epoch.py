"""manage.py renew_epoch: to be run after a backup was restored."""

from typing import Any

from django.core.management.base import BaseCommand

from parlour.models import Head


class Command(BaseCommand):
    """Makes every cursor handed out so far worthless, so that pages load their regions anew."""

    help = "Run it after restoring a backup: pages may have seen events that the backup does not hold."

    def handle(self, *args: Any, **options: Any) -> None:
        """Open pages find out at their process's next tick."""
        Head.objects.renew_epoch()
        self.stdout.write("Done. Open pages load their regions anew within a few seconds.")
