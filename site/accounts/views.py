"""Pages of the accounts. Each keeps `next`, the page the person came from."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import login, views
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.generic import FormView, UpdateView

from accounts.addresses import sends_mail, site_of
from accounts.forms import GuestForm, NewPasswordForm, PasswordForm, ProfileForm, ResetForm, SignInForm, SignUpForm
from accounts.models import User
from accounts.rates import allows

GUEST_RATE = "0.5/60"  # from one address, over all processes: a second / at once
SIGN_UP_RATE = "0.1/30"
RESET_RATE = "0.01/10"
BACKEND = "accounts.backends.Backend"


class KeepsNext(views.RedirectURLMixin):
    """Leads on to `next` when that is a page of this site, else home; the template gets `next`."""

    next_page = "/"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The page's own context, where the person wants to go, and whether a link could be mailed."""
        own = {"next": self.get_redirect_url(), "sends_mail": sends_mail()}
        return super().get_context_data(**kwargs) | own  # type: ignore[misc]


class SignedOutOnly(KeepsNext):
    """A page that an account has no use for: it leads straight on."""

    request: HttpRequest
    guests_too = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Without a `next` it leads back to the page of the link: those of the top bar outlast the pages below it."""
        context = super().get_context_data(**kwargs)
        return context | {"next": context["next"] or self._came_from()}

    def _came_from(self) -> str:
        """The page of this site that led here, unless it is one of the accounts' own."""
        page = self.request.headers.get("Referer", "")
        own = url_has_allowed_host_and_scheme(page, {self.request.get_host()}, self.request.is_secure())
        path = page.partition(self.request.get_host())[2] if own else ""
        return "" if path.startswith(reverse("accounts:login").removesuffix("login/")) else path

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Guests may still sign up or in; where `guests_too` is off they have what they came for."""
        user = request.user
        if user.is_authenticated and not (self.guests_too and user.is_guest):
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class SignIn(SignedOutOnly, views.LoginView):
    """Sign in by username and password."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm


class SignOut(views.LogoutView):
    """Sign out, by POST. The browser forgets what it kept, for whoever sits there next."""

    template_name = "accounts/signed_out.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ends the session, and pages that wait behind Back with it."""
        response = super().post(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"cache"'
        return response


class SignUp(SignedOutOnly, FormView):
    """A new account, signed in at once. A guest becomes one, and keeps what they wrote."""

    template_name = "accounts/signup.html"
    form_class = SignUpForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """A guest of one's own, so that a refused name does not show in the rest of the page."""
        guest = User.objects.filter(username=self.request.user.get_username(), kind=User.Kind.GUEST).first()
        return super().get_form_kwargs() | {"instance": guest}

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        """Keeps the account and signs its person in."""
        if not allows("sign-up", self.request.META.get("REMOTE_ADDR", ""), SIGN_UP_RATE):
            form.add_error(None, _("Many people signed up from where you are. Wait a little and try again."))
            return self.form_invalid(form)
        login(self.request, form.save(), backend=BACKEND)
        return super().form_valid(form)


class Guest(SignedOutOnly, FormView):
    """A guest chooses a name and is let in."""

    template_name = "accounts/guest.html"
    form_class = GuestForm
    guests_too = False

    def form_valid(self, form: GuestForm) -> HttpResponse:
        """Makes the guest, signed in by this session only."""
        if not allows("guest", self.request.META.get("REMOTE_ADDR", ""), GUEST_RATE):
            form.add_error(None, _("Many guests came from where you are. Wait a little and try again."))
            return self.form_invalid(form)
        guest = User.objects.create_guest(form.cleaned_data["display_name"])
        login(self.request, guest, backend=BACKEND)
        return super().form_valid(form)


class Profile(LoginRequiredMixin, KeepsNext, UpdateView):
    """One's own name and time zone."""

    template_name = "accounts/profile.html"
    form_class = ProfileForm
    next_page = "accounts:profile"

    def get_object(self, queryset: Any = None) -> User:
        """A person of one's own, so that a refused name does not show in the rest of the page."""
        return User.objects.get(username=self.request.user.get_username())

    def form_valid(self, form: Any) -> HttpResponse:
        """Keeps it and says so."""
        messages.success(self.request, _("Your profile is saved."))
        return super().form_valid(form)


class Password(LoginRequiredMixin, KeepsNext, views.PasswordChangeView):
    """A new password; every other session of this person ends."""

    template_name = "accounts/password.html"
    form_class = PasswordForm
    next_page = "accounts:profile"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A guest has no password to change, but may sign up."""
        if request.user.is_authenticated and request.user.is_guest:
            return redirect("accounts:signup")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Keeps it, says so, and leaves this page signed in."""
        messages.success(self.request, _("Your password is changed. You are signed out everywhere else."))
        tell_of_tokens(self.request, form.user)
        return super().form_valid(form)


def tell_of_tokens(request: HttpRequest, user: User) -> None:
    """A new password ends no token: programs go on, and their owner decides about each."""
    if user.api_tokens.usable().exists():
        messages.warning(request, _("Tokens of your programs stay valid. Revoke those that others may know."))


class Reset(views.PasswordResetView):
    """Sends a link to the address of an account. Whether there is one is told to that address alone."""

    template_name = "accounts/reset.html"
    email_template_name = "accounts/reset.txt"
    subject_template_name = "accounts/reset_subject.txt"
    form_class = ResetForm
    success_url = reverse_lazy("accounts:login")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """There is no such page where no mail is sent."""
        if not sends_mail():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Sends it, unless this address of the network asks for many."""
        if not allows("reset", self.request.META.get("REMOTE_ADDR", ""), RESET_RATE):
            form.add_error(None, _("Many people asked for this from where you are. Wait a little and try again."))
            return self.form_invalid(form)
        site = urlsplit(site_of(self.request))
        self.extra_email_context = {"domain": site.netloc, "protocol": site.scheme}
        messages.info(self.request, _("If an account has this address, a link is on its way to it."))
        return super().form_valid(form)


class NewPassword(views.PasswordResetConfirmView):
    """A new password, for whoever has the link. All sessions of this person end."""

    template_name = "accounts/new_password.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("accounts:login")

    def form_valid(self, form: Any) -> HttpResponse:
        """Keeps it, and leads to the sign-in."""
        messages.success(self.request, _("Your password is changed. Sign in with it."))
        tell_of_tokens(self.request, form.user)
        return super().form_valid(form)


def too_many_tries(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """429 in words, on the sign-in page."""
    messages.error(request, _("Too many tries for this name. Please wait a quarter of an hour and try again."))
    return render(request, "accounts/login.html", {"form": SignInForm(request), "next": ""}, status=429)
