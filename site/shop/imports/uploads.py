"""A file out of the form it came in: written on the shelf where it will stay, and only renamed there."""

import hashlib
import io
import os
import tempfile
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.text import Truncator

from accounts.names import clean
from http_bridge import disk
from jobs import Job
from parlour import rate_limit
from shop.imports.importing import import_orders
from shop.imports.models import Import, shelf

AT_ONCE = 5  # imports of one person that are not over
RATE = "0.1/10"  # imports of one person: a second, and at once
KEPT = 3  # files of one person that are kept for another try


class TooMany(Exception):
    """Another import that is not begun, with the reason in words."""


class Upload(TemporaryUploadedFile):
    """A file on the shelf under a passing name; `lost` when there was no room for all of it."""

    file: Any
    size: int

    def __init__(self, name: str, content_type: str | None, *more: Any) -> None:
        self.lost = False
        self.digest = hashlib.sha256()
        try:
            file: Any = tempfile.NamedTemporaryFile(prefix="upload-", dir=shelf())  # noqa: SIM115  closed with the request
        except OSError:
            file, self.lost = io.BytesIO(), True
        UploadedFile.__init__(self, file, name, content_type, 0, *more)

    def gather(self, data: bytes) -> None:
        """Write some more of it, as long as there is room."""
        try:
            self.lost = self.lost or disk.writable_bytes(shelf()) < len(data)
            if not self.lost:
                self.digest.update(data)
                self.file.write(data)
        except OSError:
            self.lost = True

    def gathered(self, size: int) -> None:
        """All of it was sent."""
        self.size = size
        try:
            self.file.seek(0)
        except OSError:
            self.lost = True


class ToShelf(TemporaryFileUploadHandler):
    """Django's handler of uploads that go to the disk, which survives a full one."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file: Any = Upload(self.file_name or "", self.content_type, self.charset, self.content_type_extra)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.gather(raw_data)

    def file_complete(self, file_size: int) -> Upload:
        self.file.gathered(file_size)
        return self.file


@transaction.atomic
def begin(owner: Any, upload: Upload) -> Import:
    """Queue the import of a file that was looked at. Raises TooMany."""
    list(get_user_model()._default_manager.select_for_update().filter(pk=owner.pk))  # one at a time for each owner
    theirs = Import.objects.of(owner)
    if theirs.waiting().count() >= AT_ONCE:
        raise TooMany(f"{AT_ONCE} of your imports are not over yet. Wait until one is, or cancel one.")
    if not rate_limit("import", owner.pk, RATE).take():
        raise TooMany("That was many imports in a short time. Wait a minute and send it again.")
    name = Truncator(clean(upload.name or "")).chars(80) or "orders.csv"
    job = import_orders.start(owner, f"Import of {name}")
    job.url = reverse("shop:import", args=[job.pk])
    job.save(update_fields=["url"])
    file, digest = f"{get_random_string(24)}.csv", upload.digest.hexdigest()
    imported = Import.objects.create(job=job, name=name, file=file, size=upload.size, digest=digest)
    os.replace(upload.temporary_file_path(), imported.path)
    for old in theirs.filter(job__state__in=(Job.State.FAILED, Job.State.CANCELLED)).order_by("-pk")[KEPT:]:
        old.path.unlink(missing_ok=True)
    return imported
