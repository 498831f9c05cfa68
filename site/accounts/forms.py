"""The forms people fill in."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
    UserCreationForm,
)
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import names, timezones
from accounts.backends import closed
from accounts.models import User
from alerts.models import PersonalSettings
from parlour import clean, is_visible, rate_limit
from rooms.rows import sent_pk

RESERVED = ("guest-", "visitor-", "bot-")
LONGEST_USERNAME = 150
WRONG_PASSWORDS = "0.02/10"  # tries of one who is signed in: a second / at once
RESETS = "0.001/3"  # links that one account may be sent
mailing = ThreadPoolExecutor(1, "reset")
WHAT_IT_NEEDS = _("At least 8 characters, not a common word, not your name.")
PASSWORD_WORDS = {  # by the code of what Django found
    "password_too_short": _("At least 8 characters, please."),
    "password_too_common": _("Many people use this password. Please choose another."),
    "password_too_similar": _("It is too much like your name. Please choose another."),
}


class RoomsField(forms.ModelMultipleChoiceField):
    """Some rooms. A number that no database holds is the number of none."""

    def clean(self, value: Any) -> Any:
        """The rooms; raises ValidationError for one that is not offered."""
        return super().clean([sent_pk(each) for each in value or ()])


class NameField(forms.CharField):
    """A display name: cleaned, visible, not too long."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=True, **kwargs)
        self.widget.attrs["maxlength"] = str(names.LONGEST)

    def clean(self, value: Any) -> Any:
        """The cleaned name; raises ValidationError in words."""
        name = clean(str(value or ""))
        if name and not is_visible(name):
            raise ValidationError(_("Please choose a name that can be seen."))
        if len(name) > names.LONGEST:
            raise ValidationError(_("Please keep it to {n} characters.").format(n=names.LONGEST))
        return super().clean(name)


def refuse_borrowed(name: str, person: User | None = None) -> None:
    """Raises ValidationError when `name` reads like a role, or like an account other than `person`'s."""
    if names.is_role(name) and not (person and person.is_staff):
        raise ValidationError(_("That name belongs to the people who run this place. Please choose another."))
    if User.objects.name_is_taken(name, person):
        raise ValidationError(_("Somebody with an account has that name, or one like it. Please choose another."))


class SignInForm(AuthenticationForm):
    """Sign-in. A demo's public password opens nothing where strangers can reach."""

    error_messages = {
        "invalid_login": _("That name and password do not go together."),
        "inactive": _("This account is closed."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, password = self.fields["username"], self.fields["password"]
        name.error_messages["required"] = _("Type your username.")
        password.error_messages["required"] = _("Type your password.")
        if self.data.get("username"):  # what has to be typed again is the password
            name.widget.attrs.pop("autofocus", None)
            password.widget.attrs["autofocus"] = True

    def clean_username(self) -> str:
        """The name; one that no account can have is wrong before anybody keeps it."""
        username: str = self.cleaned_data["username"]
        if len(username) > LONGEST_USERNAME:
            raise self.get_invalid_login_error()
        return username

    def confirm_login_allowed(self, user: Any) -> None:
        """Raises ValidationError for the inactive, and for public passwords outside a local demo."""
        super().confirm_login_allowed(user)
        if closed(user):
            raise ValidationError(_("This is a demo account with a password everybody knows. It is closed here."))


class StaffSignInForm(SignInForm, AdminAuthenticationForm):
    """Sign-in to the admin: the same rules, and staff only."""


class PasswordWords:
    """What is wrong with a new password, in the words of this site."""

    def add_error(self, field: str | None, error: Any) -> None:
        """Puts our words in the place of Django's."""
        for each in getattr(error, "error_list", ()):
            each.message = PASSWORD_WORDS.get(each.code, each.message)
        super().add_error(field, error)  # type: ignore[misc]


class NewPasswordForm(PasswordWords, SetPasswordForm):
    """A new password, twice."""

    error_messages = {"password_mismatch": _("The two passwords are not the same.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, again = self.fields["new_password1"], self.fields["new_password2"]
        first.label, again.label = _("New password"), _("New password again")
        first.help_text, again.help_text = WHAT_IT_NEEDS, ""
        first.error_messages["required"] = _("Choose a new password.")
        again.error_messages["required"] = _("Type it once more.")

    def save(self, commit: bool = True) -> Any:
        """Whoever was in before has no way back: sessions end by Django's own rule, the address of the feed here."""
        PersonalSettings.objects.filter(pk=self.user.pk).update(feed="")
        return super().save(commit)


class PasswordForm(NewPasswordForm, PasswordChangeForm):
    """A new password for somebody who knows the present one."""

    error_messages = {
        **NewPasswordForm.error_messages,
        "password_incorrect": _("That is not your present password."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        old = self.fields["old_password"]
        old.label = _("Present password")
        old.error_messages["required"] = _("Type your present password.")

    def clean_old_password(self) -> str:
        """Raises ValidationError for a wrong one, and for too many."""
        count_try(self.user)
        return super().clean_old_password()


def count_try(person: User) -> None:
    """Raises ValidationError when somebody has typed what is to be their password too often."""
    if not rate_limit("own-password", person.pk, WRONG_PASSWORDS).take():
        raise ValidationError(_("You have tried this many times just now. Wait a little and try again."))


class OwnPasswordForm(forms.Form):
    """Asks for the password: whoever finds an open page takes nobody's account over, and deletes none."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": _("Type your password.")},
    )

    def __init__(self, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        """Raises ValidationError for a wrong one, and for too many."""
        password: str = self.cleaned_data["password"]
        count_try(self.person)
        if not self.person.check_password(password):
            raise ValidationError(_("That is not your password."))
        return password


class ResetForm(PasswordResetForm):
    """Where the link to a new password is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        address = self.fields["email"]
        address.label, address.help_text = _("E-mail address"), _("The one in your settings of notifications.")
        address.error_messages |= {"required": _("Type your e-mail address.")}
        address.widget.attrs["autofocus"] = True

    def get_users(self, email: str) -> Any:
        """Those with this address who were not sent several links just now, whoever asked for these."""
        return [person for person in super().get_users(email) if rate_limit("reset", person.pk, RESETS).take()]

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send it in the background: how long the answer takes tells nobody whether there is an account."""

        def send(language: str) -> None:
            with translation.override(language):
                super(ResetForm, self).send_mail(*args, **kwargs)

        mailing.submit(send, translation.get_language())


class SignUpForm(PasswordWords, UserCreationForm):
    """A new account."""

    error_messages = {"password_mismatch": _("The two passwords are not the same.")}

    class Meta:
        model = User
        fields = ("username",)
        help_texts = {"username": _("Letters, digits and @ . + - _")}
        error_messages = {
            "username": {
                "required": _("Choose a username."),
            }
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, again = self.fields["password1"], self.fields["password2"]
        first.help_text = WHAT_IT_NEEDS
        again.label, again.help_text = _("Password again"), ""
        first.error_messages["required"] = _("Choose a password.")
        again.error_messages["required"] = _("Type it once more.")

    def clean_username(self) -> str:
        """The name; raises ValidationError when it is reserved or reads like somebody else's."""
        username: str = super().clean_username() or ""
        if username.casefold().startswith(RESERVED):
            raise ValidationError(_("That name is kept for guests and bots. Please choose another."))
        refuse_borrowed(username)
        return username

    def save(self, commit: bool = True) -> Any:
        """The account. A guest who becomes one keeps their name, unless an account got one like it meanwhile."""
        person = self.instance
        if User.objects.name_is_taken(person.display_name, person):
            person.display_name = ""
        person.kind = User.Kind.ACCOUNT
        return super().save(commit)


class GuestForm(forms.Form):
    """A guest chooses a name."""

    display_name = NameField(
        label=_("Your name"),
        error_messages={"required": _("Choose a name.")},
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "nickname"}),
    )

    def clean_display_name(self) -> str:
        """The name; raises ValidationError when it belongs to an account or a role."""
        name: str = self.cleaned_data["display_name"]
        refuse_borrowed(name)
        return name


class ProfileForm(forms.ModelForm):
    """How a person is shown, and in which zone their times are."""

    display_name = NameField(
        label=_("Display name"), required=False, help_text=_("Others see this. Empty: your username.")
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=timezones.choices, required=False)

    class Meta:
        model = User
        fields = ("display_name", "time_zone", "language", "theme")
        labels = {"language": _("Language"), "theme": _("Appearance")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("language", "theme"):
            chosen: Any = self.fields[name]
            chosen.choices = [("", _("As your browser asks")), *chosen.choices[1:]]
        if self.instance.is_guest:
            self.fields["display_name"].help_text = _("Others see this.")

    def clean_display_name(self) -> str:
        """The name; a guest needs one. Raises ValidationError when it belongs to somebody else."""
        name: str = self.cleaned_data["display_name"]
        if self.instance.is_guest and not name:
            raise ValidationError(_("A guest needs a name."))
        refuse_borrowed(name, self.instance)
        return name
