"""manage.py prune_imports: delete files kept for another try, and those left by a server that died."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import Job
from shop.imports.models import Import


class Command(BaseCommand):
    """Deletes old files of imports that neither wait nor run."""

    help = "Deletes uploaded files that nobody came back for. Run it daily."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="days for which a file is kept (7)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 0:
            raise CommandError("Days are counted from 0.")
        old = time.time() - options["days"] * 24 * 3600
        needed = {
            Path(each.file.path).name
            for each in Import.objects.filter(job__state__in=(Job.State.QUEUED, Job.State.RUNNING))
        }
        folder = Path(settings.MEDIA_ROOT)  # files on their way in stand in it; its other folders are not of imports
        files = [path for path in (*folder.glob("*"), *folder.glob("imports/*")) if path.is_file()]
        deleted = [path for path in files if path.name not in needed and path.stat().st_mtime < old]
        for path in deleted:
            path.unlink(missing_ok=True)
        self.stdout.write(f"{len(deleted)} files deleted.")
