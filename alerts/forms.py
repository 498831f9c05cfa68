"""What a person chooses about alerts."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alerts import audiences
from alerts.addresses import address_of
from alerts.models import PersonalSettings, Preference, registered_kinds, zone_of

MORNING = 8  # o'clock


class PreferencesForm(forms.ModelForm):
    """For each kind of which this person can hear: how it shows on pages and whether it comes by mail; quiet hours."""

    class Meta:
        model = PersonalSettings
        fields = ["quiet_from", "quiet_until"]
        labels = {"quiet_from": _("From"), "quiet_until": _("Until")}
        widgets = dict.fromkeys(fields, forms.TimeInput({"type": "time"}, format="%H:%M"))

    def __init__(self, person: Any, data: Any = None) -> None:
        row = PersonalSettings.objects.filter(pk=person.pk).first() or PersonalSettings(person=person)
        super().__init__(data, instance=row)
        chosen = {each.kind: each for each in Preference.objects.filter(person=person)}
        mine = {"", *audiences.of([person.pk])[person.pk]}
        self.kinds = [kind for kind in registered_kinds() if kind.role in mine]
        for kind in self.kinds:
            now = chosen.get(kind.name, Preference())
            self.fields[kind.name] = forms.ChoiceField(choices=Preference.Level.choices, initial=now.level)
            if address_of(person):
                mail = forms.ChoiceField(choices=Preference.Mail.choices, initial=now.mail, required=False)
                self.fields[_mail(kind.name)] = mail

    def clean(self) -> None:
        begin, end = (self.cleaned_data.get(name) for name in self.Meta.fields)
        if begin == end is not None or (begin is None) != (end is None):
            self.add_error("quiet_until", _("Give two different times, or none."))
            self.fields["quiet_until"].widget.attrs["autofocus"] = True

    def save(self, commit: bool = True) -> PersonalSettings:
        """Store the quiet hours alone: a snooze or a feed may have been chosen meanwhile."""
        hours = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return PersonalSettings.objects.update_or_create(pk=self.instance.pk, defaults=hours)[0]

    def rows(self) -> list[tuple[Any, Any, Any]]:
        """A kind's label, its box for pages, its box for mail; None for somebody who gets none."""
        boxes = [(kind, _mail(kind.name)) for kind in self.kinds]
        return [(kind.label, self[kind.name], self[mail] if mail in self.fields else None) for kind, mail in boxes]

    def hours(self) -> list[forms.BoundField]:
        """The boxes of the quiet hours."""
        return [self[name] for name in self.Meta.fields]

    @property
    def choices(self) -> dict[str, tuple[str, str]]:
        """What was chosen for pages and for mail, by the kind's name."""
        chosen = self.cleaned_data
        return {kind.name: (chosen[kind.name], chosen.get(_mail(kind.name), "")) for kind in self.kinds}


def _mail(kind: str) -> str:
    return f"{kind}--mail"


def snooze_ends(person: Any, length: str) -> datetime | None:
    """When a snooze of this length ends: an "hour", until "tomorrow" morning, a "week"; None for no snooze."""
    now = timezone.now().astimezone(zone_of(person))
    tomorrow = (now + timedelta(days=1)).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    ends = {"hour": now + timedelta(hours=1), "tomorrow": tomorrow, "week": now + timedelta(days=7)}
    return ends.get(length)
