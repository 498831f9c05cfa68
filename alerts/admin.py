"""Alerts in Django's admin: to look at, and to delete so that the counts stay right."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from alerts import audiences
from alerts.models import Alert, Mark, Preference
from alerts.notifications import delete_alerts
from parlour import Change, live_write

USERNAME = get_user_model().USERNAME_FIELD


class ReadOnly(admin.ModelAdmin):
    """Rows that only the app itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Alert)
class AlertAdmin(ReadOnly):
    """Alerts."""

    list_display = ["title", "kind", "audience", "actor", "at", "resolved"]
    list_filter = ["kind", ("resolved", admin.EmptyFieldListFilter), "at"]
    search_fields = ["title", "body", "audience", "about", "key", f"actor__{USERNAME}"]
    list_select_related = ["actor"]
    date_hierarchy = "at"

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_alerts(Alert.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        delete_alerts(queryset)


@admin.register(Mark)
class MarkAdmin(ReadOnly):
    """What people did about alerts."""

    list_display = ["alert", "person", "seen", "read", "archived", "mailed"]
    list_filter = ["alert__kind", ("read", admin.EmptyFieldListFilter), ("archived", admin.EmptyFieldListFilter)]
    search_fields = ["alert__title", f"person__{USERNAME}"]
    list_select_related = ["alert", "person"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not many at once; but with its alert or person, which else nobody could delete."""
        return obj is not None and super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        _delete(obj)


@admin.register(Preference)
class PreferenceAdmin(ReadOnly):
    """How people want to be alerted."""

    list_display = ["person", "kind", "level", "mail"]
    list_filter = ["kind", "level", "mail"]
    search_fields = [f"person__{USERNAME}", "kind"]
    list_select_related = ["person"]


@live_write
def _delete(change: Change, mark: Mark) -> None:
    """The bell in which it counted is told."""
    mark.delete()
    change.touch(audiences.person(mark.person_id))
