"""The form on which an order is written. A row of an imported file is checked by the same fields."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from parlour import clean
from shop.money import CURRENCIES


class TextField(forms.CharField):
    """Words on one line; they are cleaned before they are checked, which can make them longer or empty."""

    def to_python(self, value: Any) -> str:
        return clean(super().to_python(value) or "")


class CurrencyField(forms.ChoiceField):
    """A currency by its code, whatever the case of its letters, or by its sign."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value).strip().upper()
        return next((each.code for each in CURRENCIES.values() if each.sign == text), text)


class OrderForm(forms.Form):
    """What one person wants; "amount" comes out in the currency's smallest unit. The same form twice is one order."""

    item = TextField(
        label=_("What would you like?"),
        max_length=120,
        error_messages={
            "required": _("Say what you would like."),
            "max_length": _("Please keep it to 120 characters."),
        },
    )
    amount = forms.CharField(
        label=_("Price"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": _("Say how much it may cost."),
            "max_length": _("Write it as a number, like 12.50."),
        },
    )
    currency = CurrencyField(
        choices=[(each.code, f"{each.code}, {each.name}") for each in CURRENCIES.values()],
        error_messages={
            "required": _("Choose a currency."),
            "invalid_choice": f"It is “%(value).12s”, and may be {', '.join(CURRENCIES)}.",
        },
    )
    note = TextField(
        label=_("Anything we should know"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": _("Please keep it to 500 characters.")},
    )
    idempotency_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("idempotency_key", get_random_string(16))

    def clean(self) -> dict[str, Any]:
        """Parse the amount, which has a meaning only together with its currency."""
        fields = super().clean() or self.cleaned_data
        if "amount" in fields and "currency" in fields:
            try:
                fields["amount"] = CURRENCIES[fields["currency"]].parse(fields["amount"])
            except ValidationError as error:
                self.add_error("amount", error)
        return fields


REFERENCE = TextField(
    required=False, max_length=36, error_messages={"max_length": _("Please keep it to 36 characters.")}
)
ROW_FIELDS: dict[str, forms.Field] = {
    name: {**OrderForm.base_fields, "reference": REFERENCE}[name]
    for name in ("item", "currency", "amount", "note", "reference")
}


def clean_row(cells: dict[str, str]) -> dict[str, Any]:
    """The values of an imported row, as the form would have them. Raises ValidationError with every reason against it.

    A form for each row takes several times as long.
    """
    values: dict[str, Any] = {}
    reasons = []
    for name, field in ROW_FIELDS.items():
        try:
            values[name] = field.clean(cells.get(name, ""))
            if name == "amount" and "currency" in values:
                values[name] = CURRENCIES[values["currency"]].parse(values[name])
        except ValidationError as error:
            reasons.append(f"{name}: {' '.join(error.messages)}")
    if reasons:
        raise ValidationError(reasons)
    return values
