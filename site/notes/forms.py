"""What a person fills in about a note."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.forms import accounts
from notes.models import Note


class NoteForm(forms.ModelForm):
    """A note's title and, if it stands alone, who it is for."""

    people = forms.CharField(
        label=_("Members"),
        required=False,
        max_length=2000,
        help_text=_("Of a note for members: their usernames, with commas between them."),
    )

    class Meta:
        model = Note
        fields = ["title", "access"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.room:
            del self.fields["access"], self.fields["people"]
        elif self.instance.pk:
            active = self.instance.members.filter(is_active=True)
            self.initial["people"] = ", ".join(each.get_username() for each in active)

    def clean_people(self) -> list[Any]:
        names = {name.strip().lstrip("@").casefold() for name in self.cleaned_data["people"].split(",")} - {""}
        people = list(accounts(*names)) if names else []
        if missing := sorted(names - {person.get_username().casefold() for person in people}):
            raise forms.ValidationError(_("Nobody has this username: %s.") % ", ".join(missing))
        return people


class ImportForm(forms.Form):
    """A Markdown text, typed or in a file."""

    text = forms.CharField(label=_("Markdown"), required=False, widget=forms.Textarea(attrs={"rows": 10}))
    file = forms.FileField(label=_("Or a file"), required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        if file := data.get("file"):
            data["text"] = file.read(10**6).decode("utf-8-sig", "replace")
        if not data.get("text", "").strip():
            raise forms.ValidationError(_("There is nothing in it."))
        return data
