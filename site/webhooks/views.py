"""The pages of webhooks. Each of the staff has their own."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from webhooks.forms import WebhookForm
from webhooks.models import may_use


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def webhooks(request: HttpRequest, template: str = "webhooks/list.html") -> HttpResponse:
    """A person's webhooks, or the form of a new one; the answer to that shows its secret, this once."""
    if not may_use(request.user):
        raise PermissionDenied
    form = WebhookForm(request.user, request.POST or None)
    if not form.is_valid():
        return render(request, template, {"form": form}, status=422 if form.errors else 200)
    form.instance.owner = request.user
    with transaction.atomic():
        webhook = form.save()
        for room in form.cleaned_data["rooms"].annotate(last=Max("messages__changed")):
            webhook.cursors.create(room=room, seq=room.last or 0)
    return render(request, "webhooks/made.html", {"webhook": webhook})
