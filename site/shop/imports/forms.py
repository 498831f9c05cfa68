"""The form that uploads a file of orders and starts its import."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator

from jobs import Job
from parlour import clean
from shop.imports.csv_reader import CsvReader, FileRejected, check_text
from shop.imports.job import import_orders
from shop.imports.models import Import

MAX_UNFINISHED = 5  # imports of one person
MAX_KEPT = 3  # files of one person's failed and cancelled imports
CHOOSE = "Choose a file."


class UploadForm(forms.Form):
    """A file, checked while its sender waits; whoever sends the same orders once more is asked once."""

    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": CHOOSE, "missing": CHOOSE, "invalid": CHOOSE, "empty": "This file is empty."},
    )
    again = forms.BooleanField(label="Send it anyway", required=False, widget=forms.HiddenInput)

    def __init__(self, owner: Any, *args: Any) -> None:
        super().__init__(*args)
        self.owner = owner

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_LIMIT:
            most = settings.UPLOAD_LIMIT >> 20
            raise forms.ValidationError(f"It has {file.size >> 20:,} MB, and {most:,} MB are the most.")
        try:
            self.lines, self.digest = check_text(file.chunks())
            file.seek(0)
            if next(iter(CsvReader(file)), None) is None:
                raise FileRejected("It names the columns, and there is no order under them.")
        except FileRejected as error:
            raise forms.ValidationError(str(error)) from None
        self._ask_once()
        return file

    def _ask_once(self) -> None:
        """Have the sender tick a box before a file brings the same orders once more: those without a reference."""
        loose = Import.objects.of(self.owner).filter(order__idempotency_key__startswith="import:")
        earlier = loose.filter(digest=self.digest).first()
        if earlier and not self.data.get("again"):
            self.fields["again"].widget = forms.CheckboxInput()
            orders = "1 order" if earlier.orders == 1 else f"{earlier.orders:,} orders"
            when = date_format(timezone.localtime(earlier.job.queued), "j M, H:i")
            raise forms.ValidationError(
                f"A file with this content brought {orders} on {when}. To order all of it once more, choose it again "
                "and tick “Send it anyway”."
            )

    @transaction.atomic
    def start(self) -> Import | None:
        """Store the file and queue its import; None, with an error at the field, if too many are unfinished."""
        get_user_model()._default_manager.select_for_update().get(pk=self.owner.pk)  # one start at a time
        theirs, file = Import.objects.of(self.owner), self.cleaned_data["file"]
        if theirs.unfinished().count() >= MAX_UNFINISHED:
            words = f"{MAX_UNFINISHED} of your imports are not over yet. Wait until one is, or cancel one."
            self.add_error("file", words)
            return None
        name, file.name = Truncator(clean(file.name)).chars(80) or "orders.csv", "orders.csv"
        job = import_orders.start(self.owner, f"Import of {name}")
        imported = Import.objects.create(job=job, name=name, file=file, digest=self.digest, lines=self.lines)
        job.url = imported.get_absolute_url()
        job.save(update_fields=["url"])
        ended = theirs.filter(job__state__in=(Job.State.FAILED, Job.State.CANCELLED))
        for old in ended[MAX_KEPT : MAX_KEPT + MAX_UNFINISHED]:
            old.file.delete(save=False)
        return imported
