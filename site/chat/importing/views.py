"""Pages on which staff import conversations from elsewhere."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.importing.formats import Export, Unreadable
from chat.importing.job import import_rooms
from chat.models import Import
from chat.settings_views import form_page, form_view
from jobs import JobRegion
from parlour import clean
from rooms.models import Room

LATEST = 50  # imports on the page


class ImportForm(forms.Form):
    """The export of another program, of which what is wrong with the whole is told beside the field."""

    file = forms.FileField(
        label=_("Zip file"),
        help_text=_("An export of Slack or Campfire, up to 200 MB. The same export again brings nothing twice."),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={"required": _("Choose a file.")},
    )

    def clean_file(self) -> Any:
        try:
            Export(self.cleaned_data["file"])
        except (Unreadable, KeyError, TypeError, AttributeError) as why:
            words = str(why) if isinstance(why, Unreadable) else gettext("It is not written as Slack or Campfire do.")
            raise forms.ValidationError(words) from None
        return self.cleaned_data["file"]

    @transaction.atomic
    def start(self, owner: Any) -> Import:
        """Store the file and queue its import."""
        file = self.cleaned_data["file"]
        name, file.name = Truncator(clean(file.name)).chars(80) or "export.zip", "export.zip"
        job = import_rooms.start(owner, gettext("Import of {name}").format(name=name))
        imported = Import.objects.create(job=job, name=name, file=file)
        job.url = imported.get_absolute_url()
        job.save(update_fields=["url"])
        return imported


@form_view
@never_cache
def imports(request: HttpRequest) -> HttpResponse:
    """Upload an export, and see what became of earlier ones."""
    staff = _staff(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        return redirect(form.start(staff))
    latest = Import.objects.filter(job__owner=staff).select_related("job")[:LATEST]
    return form_page(request, "chat/imports.html", form, latest=latest)


@require_safe
@never_cache
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: its bar, live, and what it brought and rejected as far as it had come."""
    imported = get_object_or_404(Import.objects.select_related("job"), job__pk=pk, job__owner=_staff(request))
    rooms = Room.objects.visible_to(request.user).filter(pk__in=imported.rooms.values())
    context = {"imported": imported, "rooms": rooms, **JobRegion(imported.job).paint(request)}
    return render(request, "chat/import.html", context)


def _staff(request: HttpRequest) -> Any:
    """Whoever asks, if they are of the staff: an import makes people and rooms."""
    if not getattr(request.user, "is_staff", False):
        raise PermissionDenied
    return request.user
