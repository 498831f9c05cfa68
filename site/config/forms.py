"""How all forms are rendered: a form that comes back with errors has the focus on its first wrong field."""

from typing import Any

from django.forms import BoundField
from django.forms.renderers import DjangoTemplates


class FocusedField(BoundField):
    """A field that has the focus if it is the first wrong one of its form, and leaves it to that one otherwise."""

    def build_widget_attrs(self, attrs: Any, widget: Any = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        wrong = [name for name in self.form.fields if self.form.errors.get(name)] if self.form.is_bound else []
        return {**attrs, "autofocus": wrong[0] == self.name} if wrong else attrs


class Renderer(DjangoTemplates):
    """Django's own, with these fields."""

    bound_field_class = FocusedField
