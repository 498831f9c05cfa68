"""The form by which a sheet of orders is sent."""

from django import forms

from shop.imports.sheet import NO_ORDER, Sheet, Unreadable
from shop.imports.uploads import Upload

LARGEST = 200 * 1024 * 1024  # bytes
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

    def clean_file(self) -> Upload:
        file: Upload = self.cleaned_data["file"]
        if file.lost:
            raise forms.ValidationError("There is no room left for it on our disk. Please try again later.")
        if file.size > LARGEST:
            raise forms.ValidationError(f"It has {file.size >> 20:,} MB, and {LARGEST >> 20:,} MB are the most.")
        try:
            _look(Sheet(file))  # type: ignore[arg-type]
        except Unreadable as why:
            raise forms.ValidationError(str(why)) from None
        return file


def _look(sheet: Sheet) -> None:
    """Raise Unreadable for what already stands at the beginning."""
    orders = 0
    for row in sheet:
        orders += not row.blank
        if sheet.cursor > LOOKED_AT:
            return
    if not orders:
        raise Unreadable(NO_ORDER)
