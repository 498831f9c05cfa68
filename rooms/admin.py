"""Rooms in Django's admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest

from rooms.invitations import tell_new_member
from rooms.models import Membership, Message, NotificationLevel, Restriction, Room
from rooms.moderation import remove

USERNAME = get_user_model().USERNAME_FIELD


class MembershipInline(admin.TabularInline):
    """Who belongs to a room."""

    model = Membership
    extra = 1
    raw_id_fields = ["person"]  # a project may have no admin of its people


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    """Rooms and their members. Rights that end here end on open pages too."""

    list_display = ["title", "slug", "access", "guests", "owner"]
    list_filter = ["access", "guests"]
    search_fields = ["title", "slug"]
    raw_id_fields = ["owner"]
    inlines = [MembershipInline]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for membership in formset.new_objects:
            tell_new_member(membership, by=request.user)


@admin.register(NotificationLevel)
class NotificationLevelAdmin(admin.ModelAdmin):
    """How much people want to be told of which room."""

    list_display = ["person", "room", "level"]
    list_filter = ["level", "room"]
    search_fields = [f"person__{USERNAME}", "room__title"]
    raw_id_fields = ["person", "room"]
    list_select_related = ["person", "room"]


@admin.register(Restriction)
class RestrictionAdmin(admin.ModelAdmin):
    """Who is banned or muted where, also in rooms on objects, which nobody manages."""

    list_display = ["person", "room", "kind", "until", "reason"]
    list_filter = ["kind"]
    raw_id_fields = ["person", "room"]
    list_select_related = ["person", "room"]


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """Messages, to find and to remove. What is removed here leaves a line that says so."""

    list_display = ["created", "room", "author", "text"]
    list_filter = ["room"]
    search_fields = ["text", f"author__{USERNAME}"]
    readonly_fields = ["room", "author", "text", "created"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Message) -> None:
        remove([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        remove(list(queryset.values_list("pk", flat=True)))
