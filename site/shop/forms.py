"""The slip on which an order is written."""

from typing import Any

from django import forms
from django.utils.crypto import get_random_string

from rooms import markup
from rooms.markup import TextRejected
from shop import money
from shop.models import Order


class OrderForm(forms.ModelForm):
    """What one person wants. `cleaned_data["amount"]` is in the currency's smallest unit."""

    amount = forms.CharField(
        label="Amount",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": "Say how much it may cost.", "max_length": "Write it as a number, like 12.50."},
    )
    currency = forms.ChoiceField(
        choices=[(each.code, f"{each.code}, {each.name}") for each in money.CURRENCIES.values()],
        error_messages={"required": "Choose a currency.", "invalid_choice": "Choose one of these currencies."},
    )
    slip = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    class Meta:
        model = Order
        fields = ["item", "amount", "currency", "note"]
        labels = {"item": "What would you like?", "note": "Anything we should know"}
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}
        error_messages = {
            "item": {"required": "Say what you would like.", "max_length": "Please keep it to 120 characters."},
            "note": {"max_length": "Please keep it to 500 characters."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("slip", get_random_string(16))

    def clean_item(self) -> str:
        return " ".join(self._cleaned("item").split())

    def clean_note(self) -> str:
        return self._cleaned("note")

    def clean(self) -> dict[str, Any]:
        """The amount means something only together with its currency. A slip with a colon is an imported order's."""
        fields = super().clean() or self.cleaned_data
        if ":" in fields.get("slip", ""):
            self.add_error(None, "This form is damaged. Load the page and write the order again.")
        if "amount" in fields and "currency" in fields:
            try:
                fields["amount"] = money.CURRENCIES[fields["currency"]].read(fields["amount"])
            except money.Unpaid as why:
                self.add_error("amount", str(why))
        return fields

    def _cleaned(self, name: str) -> str:
        """What was typed, in the form in which it is kept: that may be longer."""
        if not self.cleaned_data[name].strip():
            return ""
        try:
            cleaned = markup.clean_text(self.cleaned_data[name])
        except TextRejected:
            raise forms.ValidationError("Use words that can be seen.") from None
        box: Any = self.fields[name]
        if len(cleaned) > box.max_length:
            raise forms.ValidationError(box.error_messages["max_length"])
        return cleaned
