"""People in Django's admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from accounts.forms import StaffSignInForm
from accounts.models import User

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
