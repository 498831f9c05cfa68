"""Files in messages. What is sent together becomes one message: its text is their names, its `files` describes them.

Each is an `Attachment`, kept by the project's default storage. An image is shown once it was written anew, in the
background; a process that runs jobs goes on with what another one left.
"""

import hashlib
import logging
import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import PurePath
from typing import Any

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import connections, transaction
from django.db.models import Case, Sum, Value, When
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from parlour import Change, clean, live_write, rate_limit
from rooms import images
from rooms.images import FileRejected
from rooms.markup import TextRejected
from rooms.models import Attachment, Message, Room
from rooms.names import is_guest
from rooms.posting import COMMIT_WITHIN, submit
from rooms.send_once import NumberedText

log = logging.getLogger("parlour")
LARGEST = 10 * 1024**2  # bytes of a file
MOST, TOGETHER = 10, 50 * 1024**2  # files of one message, and their bytes
TOTAL, GUEST_TOTAL = 1024**3, 20 * 1024**2  # bytes that one person may have in all rooms
RATE = "0.2/40"  # files of one person: a second / at once
GUESTS_RATE = "50_000/500_000_000"  # bytes of all guests together: who has no account comes again as another one
ABANDONED = timedelta(hours=1)  # after which what came into no message is deleted
AGAIN, GIVEN_UP = timedelta(minutes=5), timedelta(minutes=20)  # for an image whose process failed or died
OTHER = "application/octet-stream"
MARKUP = {".htm", ".html", ".mht", ".mhtml", ".shtml", ".svg", ".svgz", ".xht", ".xhtml"}
_MARKUP = re.compile(rb"<(!doctype\s+html|html|head|body|script|svg|iframe)\b", re.IGNORECASE)
_background = ThreadPoolExecutor(1, "images")  # one at a time: the largest takes 400 MB of memory


def post_files(person: Any, room: Room, page: str, uploads: Sequence[UploadedFile]) -> None:
    """Post these as one message; the same files again from the same `page` are that message.

    Raises FileRejected or TextRejected, and none of them is kept.
    """
    attachments = [_checked(person, room, each) for each in uploads]
    _limit(person, attachments)
    for each in attachments:
        each.save()
    text = NumberedText(_key(page, uploads), 1, ", ".join(each.name for each in attachments))
    described = [each.description for each in attachments]
    [outcome] = submit(person, room.pk, [text], files=described).result(COMMIT_WITHIN)
    if getattr(outcome, "files", None) != described:  # rejected, or a repeat
        for each in attachments:
            each.delete()
    if isinstance(outcome, TextRejected):
        raise outcome
    prepare_soon()


def _checked(person: Any, room: Room, upload: UploadedFile) -> Attachment:
    """What arrived, not yet kept. Raises FileRejected."""
    path = PurePath(clean((upload.name or "").replace("\\", "/")))
    name = f"{path.stem[:100]}{path.suffix[:20]}"
    try:
        if not upload.size:
            raise FileRejected(_("There is nothing in it."))
        if upload.size > LARGEST:
            raise FileRejected(_("It is larger than {limit}.").format(limit=filesizeformat(LARGEST)))
        if path.suffix.lower() in MARKUP or _MARKUP.search(upload.read(2048).replace(b"\0", b"")):
            raise FileRejected(
                _("Web pages and SVG drawings can hold programs: send it in an archive, or as a picture.")
            )
        image = images.measure(upload)
    except FileRejected as why:
        raise FileRejected(_("Nothing was sent. {name}: {why}").format(name=name, why=why)) from why
    type, width, height = image or (OTHER, None, None)  # noqa: A001
    known = {"name": name, "type": type, "size": upload.size, "width": width, "height": height}
    return Attachment(room=room, author=person, file=upload, due=timezone.now() + ABANDONED, **known)


def _limit(person: Any, attachments: Sequence[Attachment]) -> None:
    """Raises FileRejected for too many files or bytes, at once or of this person in all."""
    size, most = sum(each.size for each in attachments), GUEST_TOTAL if is_guest(person) else TOTAL
    if not attachments or len(attachments) > MOST or size > TOGETHER:
        raise FileRejected(limits())
    kept = Attachment.objects.filter(author=person).aggregate(size=Sum("size"))["size"] or 0
    if kept + size > most:
        words = _("Nothing was sent. Your files take {kept}, and {most} is the most: delete some first.")
        raise FileRejected(words.format(kept=filesizeformat(kept), most=filesizeformat(most)))
    if not rate_limit("files", person.pk, RATE).take(len(attachments)):
        raise FileRejected(_("Nothing was sent. You have sent many files just now. Wait a little, then try again."))
    if is_guest(person) and not rate_limit("guest-files", None, GUESTS_RATE).take(size):
        raise FileRejected(_("Nothing was sent. Guests have sent many files just now. Wait a little, then try again."))


def limits() -> str:
    """How much may be sent at once, in words."""
    words = _("Nothing was sent. Send {most} files at most, of {each} each and {together} together.")
    return words.format(most=MOST, each=filesizeformat(LARGEST), together=filesizeformat(TOGETHER))


def _key(page: str, uploads: Sequence[UploadedFile]) -> str:
    """The page's id under which these are stored once: a repeat has the same bytes from the same page."""
    key = hashlib.sha256(page.encode())
    for each in uploads:
        each.seek(0)
        key.update(hashlib.file_digest(each, "sha256").digest())
    return key.hexdigest()[:40]


def attach(change: Change, rows: Sequence[Message], **_: Any) -> None:
    """Files go into their message in its transaction."""
    for row in rows:
        if row.files:
            change.then(partial(_attach, row))


def _attach(row: Message) -> None:
    images_only = Case(When(width__isnull=False, then=Value(row.created)))
    Attachment.objects.filter(pk__in=[each["pk"] for each in row.files or ()]).update(message=row, due=images_only)


def delete_files(instance: Attachment, **_: Any) -> None:
    """A file goes with its row, once that is committed."""
    for file in (instance.file, instance.thumbnail):
        if file:
            transaction.on_commit(partial(file.storage.delete, str(file.name)), robust=True)


def prepare_soon(**_: Any) -> "Future[None]":
    """Have a thread do what is due; called every few seconds where jobs are run, for what another process left."""
    return _background.submit(prepare_due)


def prepare_due() -> None:
    """Prepare the images that wait, and delete what came into no message."""
    try:
        while row := Attachment.objects.filter(due__lte=timezone.now()).order_by("due").first():
            if Attachment.objects.filter(pk=row.pk, due=row.due).update(due=timezone.now() + AGAIN):
                _prepare(row)
    except Exception:
        log.exception("a file could not be prepared; it is tried again")
    finally:
        connections.close_all()


def _prepare(row: Attachment) -> None:
    """Put the image as it may be shown in the place of what was sent."""
    if row.message_id is None:
        row.delete()
        return
    sent = Attachment(file=row.file.name)
    try:
        if timezone.now() - row.created > GIVEN_UP:
            raise FileRejected
        with row.file.open() as file:
            whole, thumbnail, image = images.write_anew(file)
        row.type, row.width, row.height = image
        row.size = len(whole.getbuffer())
        row.file.save("", File(whole), save=False)
        row.thumbnail.save("", File(thumbnail), save=False)
    except FileRejected:
        row.file, row.type, row.width = "", "", None
    row.due = None
    delete_files(sent if _show(row.message_id, row) else row)


@live_write
def _show(change: Change, pk: int, row: Attachment) -> bool:
    """Store a file as it is now, and in its message (primary key) too; False where that was deleted meanwhile."""
    message = Message.objects.select_for_update().filter(pk=pk).first()
    if message is None or not Attachment.objects.filter(pk=row.pk).exists():
        return False
    row.save(force_update=True)
    message.files = [each.description for each in message.attachments.order_by("pk")]
    change.edit(message, "files")
    return True
