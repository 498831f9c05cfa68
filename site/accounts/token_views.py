"""The page on which people make and revoke tokens for their programs."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import DeleteView, FormView

from accounts.forms import NameField, refuse_borrowed
from accounts.models import ApiToken, User
from accounts.tokens import make_token
from parlour import rate_limit
from rooms.models import Room

MAKING_RATE = "0.01/20"  # by one person: a second / at once
Scope = ApiToken.Scope


class TokenForm(forms.Form):
    """What a program may do, where, and for how long."""

    name = NameField(
        label="Name",
        help_text="The program is shown by this name, and what it posts too.",
        error_messages={"required": "Give it a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what it may do."},
    )
    rooms = forms.ModelMultipleChoiceField(
        label="Its rooms", queryset=Room.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label="Valid for",
        choices=[(7, "A week"), (30, "30 days"), (90, "90 days"), (365, "A year")],
        coerce=int,
        initial=90,
    )

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        self.fields["rooms"].queryset = Room.objects.visible_to(owner).order_by("title", "pk")  # type: ignore[attr-defined]
        if not owner.is_staff:
            self.fields["scopes"].choices = [each for each in Scope.choices if each[0] != Scope.NOTIFY]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """The name; raises ValidationError when it belongs to an account, a role, or another token of this person."""
        name: str = self.cleaned_data["name"]
        refuse_borrowed(name)
        if self.owner.api_tokens.filter(name=name).exists():
            raise ValidationError("You have a token of this name. Choose another name, or revoke that one first.")
        return name

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a token that could read or post nowhere."""
        chosen: dict[str, Any] = super().clean() or {}
        if {*chosen.get("scopes", ())} & {Scope.READ, Scope.POST} and not chosen.get("rooms", True):
            self.add_error("rooms", "Choose at least one room.")
        return chosen


class AccountsOnly(LoginRequiredMixin):
    """For people with an account, who reach their own tokens and no others."""

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A guest may sign up."""
        if request.user.is_authenticated and request.user.kind != User.Kind.ACCOUNT:
            return redirect("accounts:signup")
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Rooms that this person may not see any more are not named."""
        person: Any = self.request.user
        rooms = Prefetch("rooms", Room.objects.visible_to(person).order_by("title", "pk"))
        return person.api_tokens.prefetch_related(rooms).order_by("-created", "-pk")


class Tokens(AccountsOnly, FormView):
    """The list, and the form that makes one. The secret is on the page that answers it, and nowhere else."""

    template_name = "accounts/tokens.html"
    form_class = TokenForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"owner": self.request.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"tokens": self.get_queryset()}

    def form_valid(self, form: TokenForm) -> HttpResponse:
        """Makes it. A reload sends the form again, and is told that there is a token of this name."""
        if not rate_limit("token", form.owner.pk, MAKING_RATE).take():
            form.add_error(None, "You have made many tokens just now. Wait a little and try again.")
            return self.form_invalid(form)
        secret = make_token(form.owner, **form.cleaned_data)
        rooms = form.cleaned_data["rooms"]
        context = {"secret": secret, "scopes": form.cleaned_data["scopes"], "room": rooms.first()}
        context |= {"site": self.request.build_absolute_uri("/")[:-1], "name": form.cleaned_data["name"]}
        return self.render_to_response(self.get_context_data(form=TokenForm(owner=form.owner), **context))

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """422, with what was filled in."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class Revoke(AccountsOnly, DeleteView):
    """Asks once more, and ends a token."""

    template_name = "accounts/revoke_token.html"
    context_object_name = "token"
    success_url = reverse_lazy("accounts:tokens")

    def form_valid(self, form: Any) -> HttpResponse:
        """Says that it is done."""
        messages.success(self.request, f"“{self.object}” is revoked. Programs that used it are cut off.")
        return super().form_valid(form)
