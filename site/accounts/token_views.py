"""The page on which people make and revoke tokens for their programs."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, user_passes_test
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.forms import NameField, RoomsField, refuse_borrowed
from accounts.models import ApiToken, User
from accounts.tokens import make_token
from parlour import rate_limit
from rooms.models import Room

MAKING_RATE = "0.01/20"  # by one person: a second / at once
MOST = 20  # tokens of one person: the bot of each may post and hold sockets as a person may


class TokenForm(forms.Form):
    """What a program may do, where, and for how long."""

    name = NameField(
        label=_("Name"),
        help_text=_("The program is shown by this name, and what it posts too."),
        error_messages={"required": _("Give it a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=ApiToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what it may do.")},
    )
    rooms: Any = RoomsField(None, label=_("Its rooms"), required=False, widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        choices=[(7, _("A week")), (30, _("30 days")), (90, _("90 days")), (365, _("A year"))],
        coerce=int,
        initial=90,
    )

    def __init__(self, owner: User, *args: Any) -> None:
        super().__init__(*args)
        self.owner = owner
        self.fields["rooms"].queryset = Room.objects.visible_to(owner).order_by("title", "pk")  # type: ignore[attr-defined]
        if not owner.is_staff:
            self.fields["scopes"].choices = ApiToken.Scope.choices[:2]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """The name; raises ValidationError when it belongs to an account, a role, or another token."""
        name: str = self.cleaned_data["name"]
        if self.owner.api_tokens.filter(name=name).exists():
            raise ValidationError(_("You have a token of this name. Choose another name, or revoke that one first."))
        refuse_borrowed(name)
        return name

    def clean(self) -> None:
        """Raises ValidationError for a token that could read or post nowhere, and for many."""
        if {*self.cleaned_data.get("scopes", ())} & {"read", "post"} and not self.cleaned_data.get("rooms", True):
            self.add_error("rooms", _("Choose at least one room."))
        if self.owner.api_tokens.count() >= MOST:
            raise ValidationError(_("You have {n} tokens, which is the most. Revoke one first.").format(n=MOST))
        if not self.errors and not rate_limit("token", self.owner.pk, MAKING_RATE).take():
            raise ValidationError(_("You have made many tokens just now. Wait a little and try again."))


def for_accounts(view: Any) -> Any:
    """Decorate a page of forms that guests are not offered: they may sign up."""
    has_account = user_passes_test(lambda user: getattr(user, "kind", "") == User.Kind.ACCOUNT, "accounts:signup", None)
    return login_required(has_account(require_http_methods(["GET", "HEAD", "POST"])(view)))


@for_accounts
def tokens(request: HttpRequest) -> HttpResponse:
    """The list, and the form that makes one. The secret is on the page that answers it, and nowhere else."""
    owner: Any = request.user
    form, made = TokenForm(owner, request.POST or None), {}
    if form.is_valid():
        made = {"secret": make_token(owner, **form.cleaned_data), "room": form.cleaned_data["rooms"].first()}
        made |= {"site": request.build_absolute_uri("/")[:-1], **form.cleaned_data}
    rooms = Prefetch("rooms", Room.objects.visible_to(owner).order_by("title", "pk"))  # others are not named any more
    listed = owner.api_tokens.prefetch_related(rooms).order_by("-created", "-pk")
    context = {"form": TokenForm(owner) if made else form, "tokens": listed, "made": made}
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


@for_accounts
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks once more, and ends a token."""
    owner: Any = request.user
    token = get_object_or_404(owner.api_tokens, pk=pk)
    if request.method != "POST":
        return render(request, "accounts/revoke_token.html", {"token": token})
    token.delete()
    messages.success(request, _("“{name}” is revoked. Programs that used it are cut off.").format(name=token.name))
    return redirect("accounts:tokens")
