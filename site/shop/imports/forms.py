"""The form by which a sheet of orders is sent."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from shop.imports.models import Import
from shop.imports.sheet import NO_ORDER, Sheet, Unreadable
from shop.imports.uploads import Upload

LOOKED_AT = 64 * 1024  # bytes that are read while the sender waits


class UploadForm(forms.Form):
    """A sheet. Its beginning is looked at here; an import reads the rest."""

    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            "required": "Choose a file.",
            "missing": "Choose a file.",
            "invalid": "Choose a file.",
            "empty": "This file is empty.",
        },
    )

    again = forms.BooleanField(label="Send it anyway", required=False, widget=forms.HiddenInput)

    def __init__(self, owner: Any, *args: Any) -> None:
        super().__init__(*args)
        self.owner = owner

    def clean(self) -> dict[str, Any]:
        """Whoever sends the same orders once more is asked, once."""
        fields = super().clean() or self.cleaned_data
        if "file" in fields and not fields["again"]:
            earlier = Import.objects.of(self.owner).once_more(fields["file"].digest.hexdigest()).first()
            if earlier:
                self.fields["again"].widget = forms.CheckboxInput()
                self.add_error("file", _question(earlier))
        return fields

    def clean_file(self) -> Upload:
        file: Upload = self.cleaned_data["file"]
        if file.lost:
            raise forms.ValidationError("There is no room left for it on our disk. Please try again later.")
        if file.size > settings.UPLOAD_LIMIT:
            most = settings.UPLOAD_LIMIT >> 20
            raise forms.ValidationError(f"It has {file.size >> 20:,} MB, and {most:,} MB are the most.")
        try:
            _look(Sheet(file))  # type: ignore[arg-type]
        except Unreadable as why:
            raise forms.ValidationError(str(why)) from None
        return file


def _question(earlier: Import) -> str:
    orders = "1 order" if earlier.orders == 1 else f"{earlier.orders:,} orders"
    when = date_format(timezone.localtime(earlier.job.queued), "j M, H:i")
    return (
        f"A file with this content brought {orders} on {when}. To order all of it once more, choose it again and tick "
        "“Send it anyway”."
    )


def _look(sheet: Sheet) -> None:
    """Raise Unreadable for what already stands at the beginning."""
    orders = 0
    for row in sheet:
        orders += not row.blank
        if sheet.cursor > LOOKED_AT:
            return
    if not orders:
        raise Unreadable(NO_ORDER)
