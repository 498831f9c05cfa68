"""What a person fills in about a webhook."""

import socket
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext_lazy as _

from accounts.forms import RoomsField
from rooms.models import Room
from webhooks.models import Cursor, Webhook
from webhooks.safe_post import NotPublic, resolve


class WebhookForm(forms.ModelForm):
    """Where to, and what of: rooms that the person may read."""

    rooms = RoomsField(
        Room.objects.none(),
        help_text=_("What is posted there from now on is sent, as long as you may read it."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose a room, or several.")},
    )

    class Meta:
        model = Webhook
        fields = ["address"]
        help_texts = {"address": _("Where your program listens, such as https://example.org/parlour.")}
        widgets = {"address": forms.TextInput(attrs={"autofocus": True, "autocomplete": "off", "inputmode": "url"})}
        error_messages = {"address": {"required": _("Type the address to send to.")}}

    def __init__(self, webhook: Webhook, sent: Any = None) -> None:
        rooms = Cursor.objects.filter(webhook=webhook.pk).values_list("room", flat=True)
        super().__init__(sent, instance=webhook, initial={"rooms": rooms})
        offered = Room.objects.visible_to(webhook.owner).exclude(access=Room.Access.DIRECT)
        self.fields["rooms"].queryset = offered.order_by("title")  # type: ignore[attr-defined]

    def clean_address(self) -> str:
        """Raises ValidationError in words; where a name leads is seen at each delivery."""
        try:
            parts = urlsplit(self.cleaned_data["address"])
            address = str(iri_to_uri(parts._replace(netloc=parts.netloc.encode("idna").decode()).geturl()))
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise forms.ValidationError(_("An address begins with https:// or http:// and names a host."))
            if "@" in parts.netloc:
                raise forms.ValidationError(_("Leave out what stands before the @: every delivery is signed."))
            with suppress(socket.gaierror):  # a name
                resolve(address, socket.AI_NUMERICHOST)
        except NotPublic:
            raise forms.ValidationError(
                _("This leads into a network that is not public, so nothing is sent there.")
            ) from None
        except ValueError:
            raise forms.ValidationError(_("This is no address; https://example.org/parlour is one.")) from None
        return address
