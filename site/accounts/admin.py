"""People in Django's admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from accounts.forms import StaffSignInForm
from accounts.models import ApiToken, User

admin.site.login_form = StaffSignInForm


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Django's own page for users, with our fields."""

    list_display = ("username", "display_name", "kind", "is_active", "is_staff", "last_login")
    list_filter = (*UserAdmin.list_filter, "kind")
    search_fields = ("username", "display_name", "email")
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("In the rooms", {"fields": ("kind", "display_name", "time_zone")}),
    )


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Whose programs there are, to find who answers for a bot, and to revoke its token by deleting it."""

    list_display = ("name", "owner", "bot", "prefix", "expires", "last_used")
    list_select_related = ("owner", "bot")
    search_fields = ("name", "owner__username", "prefix")
    exclude = ("digest",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
