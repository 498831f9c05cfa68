"""What a person chooses about alerts."""

from typing import Any

from django import forms

from alerts import audiences
from alerts.models import Preference, registered_kinds


class PreferencesForm(forms.Form):
    """One choice for each kind of which this person can hear."""

    def __init__(self, person: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = dict(Preference.objects.filter(person=person).values_list("kind", "level"))
        mine = {"", *audiences.of([person.pk])[person.pk]}
        for kind in [kind for kind in registered_kinds() if kind.role in mine]:
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
