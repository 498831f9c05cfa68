"""What a person fills in about a room."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rooms.invitations import DAYS
from rooms.markup import TextRejected, clean_text
from rooms.models import NotificationLevel, Room
from rooms.moderation import LASTS, may_be_restricted
from rooms.names import bearing, guests

SLOW_MODES = [
    (0, _("Off")),
    (10, _("10 seconds")),
    (30, _("30 seconds")),
    (60, _("1 minute")),
    (300, _("5 minutes")),
    (900, _("15 minutes")),
    (3600, _("1 hour")),
]
KEPT = [("", _("Always")), (7, _("A week")), (30, _("30 days")), (90, _("90 days")), (365, _("A year"))]


class RoomForm(forms.ModelForm):
    """A room's name and rules."""

    slow_mode = forms.TypedChoiceField(
        label=_("Slow mode"),
        help_text=_("How long everybody waits between two messages of theirs; you do not."),
        choices=SLOW_MODES,
        coerce=int,
    )
    keep_days = forms.TypedChoiceField(
        label=_("Keep messages"),
        help_text=_("What is older is deleted, with its files, for everybody and for good."),
        choices=KEPT,
        coerce=int,
        empty_value=None,
        required=False,
    )

    class Meta:
        model = Room
        fields = ["title", "about", "access", "guests"]
        labels = {
            "title": _("Name"),
            "about": _("What it is about"),
            "access": _("Who may come in"),
            "guests": _("Guests"),
        }
        help_texts = {"guests": _("People without an account. Members-only rooms have none.")}
        widgets = {"access": forms.RadioSelect, "guests": forms.RadioSelect}
        error_messages = {"title": {"required": _("Give the room a name.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [each for each in Room.Access.choices if each[0] in (Room.Access.OPEN, Room.Access.MEMBERS)]
        self.fields["access"].choices = offered  # type: ignore[attr-defined]
        self.fields["slow_mode"].initial = self.instance.slow_mode
        self.fields["keep_days"].initial = self.instance.keep_days
        if not self.instance.pk:
            del self.fields["slow_mode"], self.fields["keep_days"]
        if not self.instance.pk and not self.errors:
            self.fields["title"].widget.attrs["autofocus"] = True

    def clean_title(self) -> str:
        return self._line("title")

    def clean_about(self) -> str:
        return self._line("about")

    def clean_keep_days(self) -> int | None:
        self.instance.keep_days = self.cleaned_data["keep_days"]
        return self.instance.keep_days

    def _line(self, name: str) -> str:
        if not self.cleaned_data[name].strip():
            return ""
        try:
            return " ".join(clean_text(self.cleaned_data[name]).split())
        except TextRejected:
            raise forms.ValidationError(_("Give it a name that can be seen.")) from None


class NotificationLevelForm(forms.ModelForm):
    """How much somebody wants to be told of a room."""

    class Meta:
        model = NotificationLevel
        fields = ["level"]
        labels = {"level": _("Notify me")}
        widgets = {"level": forms.RadioSelect}


def accounts(*usernames: str) -> Any:
    """Those who sign in with one of these names, in whatever case; guests and who is deactivated are left out."""
    alike = ((f"{get_user_model().USERNAME_FIELD}__iexact", name) for name in usernames)
    folded = {name.casefold() for name in usernames}  # SQLite knows the case of ASCII alone
    found = [each.pk for each in bearing({*usernames, *folded}) if each.get_username().casefold() in folded]
    named = Q(*alike, _connector=Q.OR) | Q(pk__in=found)
    return get_user_model()._default_manager.filter(named, is_active=True).exclude(guests())


class MemberForm(forms.Form):
    """Adds somebody with an account by their username."""

    username = forms.CharField(
        label=_("Add somebody"),
        max_length=150,
        help_text=_("Their username, with which they sign in."),
        error_messages={"required": _("Type a username.")},
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )

    def clean_username(self) -> Any:
        person = accounts(self.cleaned_data["username"].strip()).first()
        if person is None:
            raise forms.ValidationError(_("Nobody has this username."))
        return person


class InvitationForm(forms.Form):
    """How long an invitation lasts, and for how many."""

    days = forms.TypedChoiceField(label=_("Valid for"), choices=[*DAYS.items()], coerce=int, initial=7)
    most = forms.IntegerField(
        label=_("At most for so many people"),
        required=False,
        min_value=1,
        max_value=10_000,
        help_text=_("Empty: for any number."),
    )


class RestrictionForm(MemberForm):
    """Who is banned or muted in a room, for how long, and why."""

    kind = forms.ChoiceField(
        label=_("What they may not do"),
        choices=[("mute", _("Write: they are muted")), ("ban", _("Come in: they are banned"))],
        initial="mute",
        widget=forms.RadioSelect,
    )
    lasts = forms.ChoiceField(label=_("For"), choices=[(name, label) for name, (_time, label) in LASTS.items()])
    reason = forms.CharField(label=_("Why"), help_text=_("They read this."), max_length=300, required=False)

    def __init__(self, room: Room, *args: Any) -> None:
        super().__init__(*args)
        self.room = room
        self.fields["username"].label = _("Whom to restrict")
        del self.fields["username"].widget.attrs["autofocus"]

    def clean_username(self) -> Any:
        person = super().clean_username()
        if not may_be_restricted(person, self.room):
            raise forms.ValidationError(_("Who looks after a room cannot be restricted in it."))
        return person
