"""The pages of webhooks. Each of the staff has their own."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from webhooks.forms import WebhookForm
from webhooks.models import Webhook, may_use, new_secret


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def webhooks(request: HttpRequest, template: str = "webhooks/list.html", pk: int | None = None) -> HttpResponse:
    """A person's webhooks, or the form of one; the answer to that shows a new secret, this once."""
    person: Any = request.user
    if not may_use(person):
        raise PermissionDenied
    webhook = Webhook(owner=person) if pk is None else get_object_or_404(Webhook, owner=person, pk=pk)
    form, renewed = WebhookForm(webhook, request.POST or None), "new_secret" in request.POST
    if not form.is_valid():
        return render(request, template, {"form": form}, status=422 if form.errors else 200)
    if renewed:
        webhook.secret = new_secret()
    webhook.due, webhook.failing_since = Now(), None
    changed = ["address", "secret", "due", "failing_since"]  # who sends to it may write the others meanwhile
    with transaction.atomic():
        get_user_model()._default_manager.select_for_update(no_key=True).get(pk=person.pk)
        if pk is None:  # a button that was pressed twice makes one, and this answer is the one that is seen
            webhook = Webhook.objects.just_made(person, webhook.address) or webhook
        webhook.save(update_fields=changed if webhook.pk else None)
        webhook.follow(form.cleaned_data["rooms"])
    if pk and not renewed:
        return redirect("webhooks:list")
    return render(request, "webhooks/made.html", {"webhook": webhook, "renewed": renewed})
