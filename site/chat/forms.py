"""What a person fills in about a room."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from rooms.markup import TextRejected, clean_text
from rooms.models import NotificationLevel, Room
from rooms.names import guests


class RoomForm(forms.ModelForm):
    """A room's name and rules."""

    class Meta:
        model = Room
        fields = ["title", "about", "access", "guests"]
        labels = {"title": "Name", "about": "What it is about", "access": "Who may come in", "guests": "Guests"}
        help_texts = {"guests": "People without an account. Members-only rooms have none."}
        widgets = {"access": forms.RadioSelect, "guests": forms.RadioSelect}
        error_messages = {"title": {"required": "Give the room a name."}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["access"].choices = [each for each in Room.Access.choices if each[0] != Room.Access.OBJECT]  # type: ignore[attr-defined]
        if not self.instance.pk and not self.errors:
            self.fields["title"].widget.attrs["autofocus"] = True

    def clean_title(self) -> str:
        return self._line("title")

    def clean_about(self) -> str:
        return self._line("about")

    def _line(self, name: str) -> str:
        if not self.cleaned_data[name].strip():
            return ""
        try:
            return " ".join(clean_text(self.cleaned_data[name]).split())
        except TextRejected:
            raise forms.ValidationError("Give it a name that can be seen.") from None


class NotificationLevelForm(forms.ModelForm):
    """How much somebody wants to be told of a room."""

    class Meta:
        model = NotificationLevel
        fields = ["level"]
        labels = {"level": "Notify me"}
        widgets = {"level": forms.RadioSelect}


class MemberForm(forms.Form):
    """Adds somebody with an account by their username."""

    username = forms.CharField(
        label="Add somebody",
        max_length=150,
        help_text="Their username, with which they sign in.",
        error_messages={"required": "Type a username."},
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )

    def clean_username(self) -> Any:
        name = f"{get_user_model().USERNAME_FIELD}__iexact"
        people = get_user_model()._default_manager.filter(**{name: self.cleaned_data["username"].strip()})
        person = people.exclude(guests()).first()
        if person is None:
            raise forms.ValidationError("Nobody has this username.")
        return person
