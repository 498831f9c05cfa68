"""The form that uploads a file of orders and starts its import."""

import hashlib
from typing import Any

from django import forms
from django.db import transaction
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from parlour import clean
from shop.imports.csv_reader import open_sheet
from shop.imports.job import import_orders
from shop.imports.models import Import


class UploadForm(forms.Form):
    """A file, read once while its sender waits: what is wrong with the whole of it is told beside the field."""

    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        error_messages={"required": _("Choose a file.")},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        with open_sheet(file) as self.sheet:
            self.lines = max((row.line for row in self.sheet), default=0)
        if not self.lines:
            raise forms.ValidationError(_("It names the columns, and there is no order under them."))
        return file

    @transaction.atomic
    def start(self, owner: Any) -> Import:
        """Store the file and queue its import."""
        file = self.cleaned_data["file"]
        name, file.name = Truncator(clean(file.name)).chars(80) or "orders.csv", "orders.csv"
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        job = import_orders.start(owner, f"Import of {name}")
        about = {"digest": digest, "lines": self.lines, "columns": self.sheet.columns}
        imported = Import.objects.create(job=job, name=name, file=file, **about)
        job.url = imported.get_absolute_url()
        job.save(update_fields=["url"])
        return imported
