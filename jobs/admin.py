"""Jobs in Django's admin: to look at, and to delete."""

from django.contrib import admin

from alerts.admin import USERNAME, ReadOnly
from jobs.models import Job


@admin.register(Job)
class JobAdmin(ReadOnly):
    """What was asked for, how far it is, how it ended. Deleting a row ends its run."""

    list_display = ["title", "kind", "owner", "state", "done", "total", "attempt", "queued", "ended"]
    list_filter = ["state", "kind", "queued"]
    search_fields = ["title", "words", f"owner__{USERNAME}"]
    list_select_related = ["owner"]
    date_hierarchy = "queued"
