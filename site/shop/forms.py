"""The form on which an order is written. A row of an imported file is checked by the same fields."""

from typing import Any

from django import forms
from django.utils.crypto import get_random_string

from rooms import markup
from rooms.markup import TextRejected
from shop import money


class OrderFields(forms.Form):
    """What one person wants. `cleaned_data["amount"]` is in the currency's smallest unit."""

    item = forms.CharField(
        label="What would you like?",
        max_length=120,
        error_messages={"required": "Say what you would like.", "max_length": "Please keep it to 120 characters."},
    )
    amount = forms.CharField(
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": "Say how much it may cost.", "max_length": "Write it as a number, like 12.50."},
    )
    currency = forms.ChoiceField(
        choices=[(each.code, f"{each.code}, {each.name}") for each in money.CURRENCIES.values()],
        error_messages={"required": "Choose a currency.", "invalid_choice": "Choose one of these currencies."},
    )
    note = forms.CharField(
        label="Anything we should know",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "Please keep it to 500 characters."},
    )

    def clean_item(self) -> str:
        return " ".join(self.clean_text("item").split())

    def clean_note(self) -> str:
        return self.clean_text("note")

    def clean(self) -> dict[str, Any]:
        """Parse the amount, which has a meaning only together with its currency."""
        fields = super().clean() or self.cleaned_data
        if "amount" in fields and "currency" in fields:
            try:
                fields["amount"] = money.CURRENCIES[fields["currency"]].parse(fields["amount"])
            except money.InvalidAmount as error:
                self.add_error("amount", str(error))
        return fields

    def clean_text(self, name: str) -> str:
        """A field's text as it is stored; its length is checked again, since cleaning can make it longer."""
        if not self.cleaned_data[name]:
            return ""
        try:
            cleaned = markup.clean_text(self.cleaned_data[name])
        except TextRejected:
            raise forms.ValidationError("Use words that can be seen.") from None
        field: Any = self.fields[name]
        if len(cleaned) > field.max_length:
            raise forms.ValidationError(field.error_messages["max_length"])
        return cleaned


class OrderForm(OrderFields):
    """An order written by hand. The same form sent twice is one order."""

    idempotency_key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("idempotency_key", get_random_string(16))

    def clean(self) -> dict[str, Any]:
        fields = super().clean()
        if ":" in fields.get("idempotency_key", ""):  # such keys belong to imported orders
            self.add_error(None, "This form is damaged. Load the page and write the order again.")
        return fields


class RowForm(OrderFields):
    """One row of an imported file, with the sender's own number for it."""

    currency = forms.ChoiceField(
        choices=[(code, code) for code in money.CURRENCIES],
        error_messages={
            "required": "Choose a currency.",
            "invalid_choice": f"It is “%(value).12s”, and may be {', '.join(money.CURRENCIES)}.",
        },
    )
    reference = forms.CharField(
        required=False, max_length=36, error_messages={"max_length": "Please keep it to 36 characters."}
    )

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values | {"currency": values["currency"].strip().upper()})

    def clean_reference(self) -> str:
        return " ".join(self.clean_text("reference").split())
