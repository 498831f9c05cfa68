"""What staff fill in about a widget and the keys of its host."""

import secrets
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from parlour import clean, is_visible
from rooms.models import Room
from widgets import sites
from widgets.models import VouchingKey, Widget

LONGEST = 60  # characters of a wrong line that are shown again


class WidgetForm(forms.ModelForm):
    """A widget, all but its keys."""

    class Meta:
        model = Widget
        fields = [
            "title", "kind", "room", "may_write", "access", "sites", "apps", "accent", "theme", "language", "height",
        ]  # fmt: skip
        labels = {
            "title": "Name",
            "may_write": _("Visitors may write"),
            "access": _("Who may come"),
            "sites": _("Sites that may show it"),
            "apps": _("Also in apps, and anywhere else"),
            "theme": _("Light or dark"),
            "height": _("Height in pixels"),
        }
        help_texts = {
            "title": _("Visitors see it above the widget."),
            "room": _("One of the open rooms that let guests in."),
            "access": _("A site vouches for somebody it knows with a key that you make here; the next page shows how."),
            "sites": _(
                "One a line, such as https://www.example.org, or https://*.example.org for every name before it. "
                "Nobody else can show the widget; without any line it is seen on its own page here alone."
            ),
            "apps": _(
                "An app that shows web pages in itself has no address that a browser could compare, so with this "
                "the list above holds nobody back. Let come only people the site vouches for."
            ),
        }
        widgets = {
            "kind": forms.RadioSelect,
            "access": forms.RadioSelect,
            "sites": forms.Textarea(attrs={"rows": 3, "autocapitalize": "off", "spellcheck": "false"}),
        }
        error_messages = {
            "title": {"required": _("Give the widget a name.")},
            "height": dict.fromkeys(("min_value", "max_value"), _("Give it a height of 240 to 2000 pixels.")),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rooms: Any = self.fields["room"]
        rooms.queryset = Room.objects.filter(access=Room.Access.OPEN).exclude(guests=Room.Guests.NONE).order_by("title")
        rooms.empty_label = _("Choose a room")

    def clean_title(self) -> str:
        """One line that can be seen."""
        title = " ".join(clean(self.cleaned_data["title"]).split())
        if not is_visible(title):
            raise ValidationError(_("Give it a name that can be seen."))
        return title

    def clean_sites(self) -> str:
        """The origins, one a line; raises ValidationError that names each line which is none."""
        lines = sites.lines_of(self.cleaned_data["sites"])
        wrong = {number: words for number, line in lines.items() if (words := sites.wrong_with(line))}
        if len(lines) > sites.MOST:
            raise ValidationError(f"Please keep it to {sites.MOST} sites.")
        if wrong:
            raise ValidationError([f"Line {n}, “{lines[n][:LONGEST]}”: {words}" for n, words in wrong.items()])
        return "\n".join(dict.fromkeys(lines.values()))

    def clean(self) -> dict[str, Any]:
        """A room has one of the site's rooms, where reading alone is of use; a bell is somebody's."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("kind") != Widget.Kind.ROOM:
            cleaned |= {"room": None, "may_write": True}
        elif not cleaned.get("room") and "room" not in self.errors:
            self.add_error("room", _("Choose the room."))
        if cleaned.get("kind") == Widget.Kind.BELL and cleaned.get("access") == Widget.Access.ANYONE:
            self.add_error("access", _("A stranger has no alerts. Choose people the site vouches for."))
        return cleaned


class KeyForm(forms.Form):
    """A new key: a secret of ours, or a public key of theirs."""

    algorithm = forms.ChoiceField(
        label=_("Kind of key"), choices=VouchingKey.Algorithm.choices, initial="HS256", widget=forms.RadioSelect
    )
    public_key = forms.CharField(
        label=_("Your public key"),
        required=False,
        max_length=1000,
        help_text=_("As openssl pkey -pubout writes it; it begins with -----BEGIN PUBLIC KEY-----."),
        widget=forms.Textarea(attrs={"rows": 3, "autocapitalize": "off", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """What checks a token: `material`, of which a secret was made just now."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["material"] = secrets.token_urlsafe(32)
        if cleaned.get("algorithm") == VouchingKey.Algorithm.EDDSA and "public_key" not in self.errors:
            cleaned["material"] = self._public_key(cleaned["public_key"])
        return cleaned

    def _public_key(self, text: str) -> str:
        if "PRIVATE" in text:
            self.add_error("public_key", _("That is the private key, which only your site may have. Make a new pair."))
            return ""
        try:
            key = load_pem_public_key(text.strip().encode())
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PublicKey):
            self.add_error(
                "public_key", _("That is no public key of the kind Ed25519. Paste it whole, with both lines.")
            )
            return ""
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
