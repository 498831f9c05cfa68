"""The form that uploads a file of orders and starts its import."""

import hashlib
from typing import Any

from django import forms
from django.db import transaction
from django.utils.text import Truncator

from parlour import clean
from shop.imports.csv_reader import FileRejected, open_sheet
from shop.imports.job import import_orders
from shop.imports.models import Import

MAX_UNFINISHED = 5  # imports of one person
CHOOSE = "Choose a file."


class UploadForm(forms.Form):
    """A file, read once while its sender waits: what is wrong with the whole of it is told beside the field."""

    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        error_messages={"required": CHOOSE, "missing": CHOOSE, "invalid": CHOOSE, "empty": "This file is empty."},
    )

    def __init__(self, owner: Any, *args: Any) -> None:
        super().__init__(*args)
        self.owner = owner

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if Import.objects.of(self.owner).unfinished().count() >= MAX_UNFINISHED:
            raise forms.ValidationError(f"{MAX_UNFINISHED} of your imports are not over yet. Wait, or cancel one.")
        try:
            with open_sheet(file) as self.sheet:
                self.lines = max((row.line for row in self.sheet), default=0)
        except FileRejected as error:
            raise forms.ValidationError(str(error)) from None
        if not self.lines:
            raise forms.ValidationError("It names the columns, and there is no order under them.")
        return file

    @transaction.atomic
    def start(self) -> Import:
        """Store the file and queue its import."""
        file = self.cleaned_data["file"]
        name, file.name = Truncator(clean(file.name)).chars(80) or "orders.csv", "orders.csv"
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        job = import_orders.start(self.owner, f"Import of {name}")
        imported = Import(job=job, name=name, file=file, digest=digest, lines=self.lines, columns=self.sheet.columns)
        imported.save(force_insert=True)
        job.url = imported.get_absolute_url()
        job.save(update_fields=["url"])
        return imported
