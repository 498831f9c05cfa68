"""manage.py prune_imports: files that were kept for another try, or left by a server that died, go."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.imports.models import Import, shelf

A_DAY = 24 * 3600


class Command(BaseCommand):
    """Deletes old files of imports that neither wait nor run."""

    help = "Deletes uploaded files that nobody came back for. Run it daily."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="days for which a file is kept (7)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 0:
            raise CommandError("Days are counted from 0.")
        old = time.time() - options["days"] * A_DAY
        needed = {each.file for each in Import.objects.waiting().select_related("job") if each.job.stands != "stalled"}
        gone = [path for path in shelf().iterdir() if path.stat().st_mtime < old and path.name not in needed]
        for path in gone:
            path.unlink(missing_ok=True)
        self.stdout.write(f"{len(gone)} files deleted.")
