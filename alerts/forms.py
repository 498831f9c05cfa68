"""What a person chooses about alerts."""

from typing import Any

from django import forms

from alerts.models import Preference, registered_kinds


class PreferencesForm(forms.Form):
    """One choice for each kind that is known."""

    def __init__(self, person: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = dict(Preference.objects.filter(person=person).values_list("kind", "level"))
        for kind in registered_kinds():
            self.fields[kind.name] = forms.ChoiceField(
                label=kind.label,
                choices=Preference.Level.choices,
                initial=chosen.get(kind.name, Preference.Level.TOAST),
                widget=forms.RadioSelect,
            )

    @property
    def levels(self) -> dict[str, str]:
        """What was chosen, by the kind's name."""
        return {name: self.cleaned_data[name] for name in self.fields}
