"""The forms of log-in and passwords."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device

from accounts import enrolment, second_factor
from accounts.addresses import validate_mailable
from accounts.credentials import user_with
from accounts.limits import SECOND_FACTOR, demand
from accounts.models import User
from accounts.requests import AccountsRequest

LONGEST_PASSWORD = 256


class PasswordField(forms.CharField):
    """A password as typed; `autocomplete` tells password managers which one is meant."""

    def __init__(self, autocomplete: str, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(strip=False, max_length=LONGEST_PASSWORD, widget=widget, **options)


class AddressField(forms.EmailField):
    def __init__(self, **options: Any) -> None:
        widget = forms.EmailInput(attrs={"autocomplete": "username"})
        super().__init__(label=_("E-mail address"), max_length=254, widget=widget, validators=[validate_mailable], **options)


class PasswordLogInForm(forms.Form):
    """Address and password. After a valid form, `user` is who they belong to. Raises TooManyTries while it validates."""

    email = AddressField()
    password = PasswordField("current-password", label=_("Password"))

    user: User  # there once the form is valid

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request = request

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "email" in values and "password" in values:
            user = user_with(self.request, values["email"], values["password"], self.admits)
            if user is None:
                raise ValidationError(_("This e-mail address and password do not belong together. Please check both, capital letters too."))
            self.user = user
        return values

    def admits(self, user: User) -> bool:
        return True


class LogInForm(PasswordLogInForm):
    """A customer's log-in."""

    remember = forms.BooleanField(
        label=_("Remember this account"),
        required=False,
        help_text=_("Keeps your e-mail address in this browser for a year, to fill in this form. It never logs you in."),
    )


class StaffLogInForm(PasswordLogInForm):
    """The first of two steps for staff: nobody else learns that the password was right."""

    def admits(self, user: User) -> bool:
        return user.is_staff


class ForgottenPasswordForm(forms.Form):
    email = AddressField()


class NewPasswordForm(forms.Form):
    """A new password, checked against the rules and against the person's own data."""

    new_password = PasswordField(
        "new-password", label=_("New password"), help_text=_("At least 8 characters; a few words are a good password.")
    )

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        validate_password(password, self.user)
        return password


class ChangePasswordForm(NewPasswordForm):
    """A new password, for somebody who knows the present one (ASVS 6.2.3). Raises TooManyTries while it validates."""

    current_password = PasswordField("current-password", label=_("Present password"))
    field_order = ("current_password", "new_password")

    def __init__(self, request: HttpRequest, user: User, *args: Any, **options: Any) -> None:
        super().__init__(user, *args, **options)
        self.request = request

    def clean_current_password(self) -> str:
        password: str = self.cleaned_data["current_password"]
        if user_with(self.request, self.user.email, password, self.is_own) is None:
            raise ValidationError(_("This is not your present password."))
        return password

    def is_own(self, user: User) -> bool:
        return user == self.user


class CodeField(forms.CharField):
    """A code of the authenticator app, typed on a pad of digits; or a recovery code, which has letters. Either is taken in both."""

    def __init__(self, *, with_recovery_code: bool = False, **options: Any) -> None:
        digits = {"autocomplete": "one-time-code", "inputmode": "numeric"}
        letters = {"autocomplete": "off", "autocapitalize": "none"}
        widget = forms.TextInput(attrs={"spellcheck": "false"} | (letters if with_recovery_code else digits))
        label = _("Recovery code") if with_recovery_code else _("Code")
        help_text = (
            _("One of the ten that you wrote down.") if with_recovery_code else _("The six digits that your authenticator app shows.")
        )
        super().__init__(label=label, max_length=40, widget=widget, help_text=help_text, **options)


class SecondFactorForm(forms.Form):
    """A code of the second factor of `user`. After a valid form, `device` is what it belongs to. Raises TooManyTries while it validates."""

    device: Device  # there once the form is valid

    def __init__(self, request: AccountsRequest, user: User, *args: Any, with_recovery_code: bool = False) -> None:
        super().__init__(*args)
        self.request, self.user, self.with_recovery_code = request, user, with_recovery_code
        self.fields["token"] = CodeField(with_recovery_code=with_recovery_code)
        self.fields["token"].widget.attrs["autofocus"] = True

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"]
        self.device = verified(self.request, self.user, token)
        return token


class ConfirmationForm(forms.Form):
    """Who is logged in proves it again: by the password, and by a code where they have a second factor (ASVS 7.5.1).

    After a valid form, `user` is who they are, and `device` the second factor. Raises TooManyTries while it validates.
    """

    password = PasswordField("current-password", label=_("Password"))

    user: User  # there once the form is valid
    device: Device | None = None

    def __init__(self, request: AccountsRequest, *args: Any, with_recovery_code: bool = False) -> None:
        super().__init__(*args)
        self.request, self.with_recovery_code = request, with_recovery_code
        self.fields["password"].widget.attrs["autofocus"] = True
        if second_factor.app_of(request.user):
            self.fields["token"] = CodeField(with_recovery_code=with_recovery_code)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors:
            self.user = self.user_with(values["password"])
        return values

    def user_with(self, password: str) -> User:
        """The person, if this is the password and, where there is a second factor, the code is right. No code is spent on a wrong password."""
        user = user_with(self.request, self.request.user.email, password, lambda found: found == self.request.user)
        if user is None:
            raise ValidationError({"password": _("This is not your password.")})
        if "token" in self.fields:
            try:
                self.device = verified(self.request, user, self.cleaned_data["token"])
            except ValidationError as error:
                raise ValidationError({"token": error}) from error
        return user


def verified(request: AccountsRequest, user: User, token: str) -> Device:
    """The device of `user` that this code belongs to. Raises ValidationError, and TooManyTries."""
    device = second_factor.verified_device(request, user, token)
    if device is None:
        raise ValidationError(_("This code is wrong, or was used already. Please wait for the next one."))
    return device


class EnrolmentForm(forms.Form):
    """The first code of an app, which enrols it. After a valid form, `codes` are the new recovery codes. Raises TooManyTries."""

    token = CodeField()

    codes: list[str]  # there once the form is valid

    def __init__(self, request: AccountsRequest, user: User, *args: Any, may_replace: bool) -> None:
        super().__init__(*args)
        self.request, self.user, self.may_replace = request, user, may_replace
        self.enrolment = enrolment.begun(request, user)
        self.fields["token"].help_text = _("The six digits that the app shows now.")
        self.fields["token"].widget.attrs["autofocus"] = True

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"]
        demand(SECOND_FACTOR, str(self.user.pk))
        codes = second_factor.confirm(self.request, self.enrolment, token, may_replace=self.may_replace)
        if codes is None:
            raise ValidationError(_("This code does not fit. Please check the clock of your telephone, and try the next code."))
        enrolment.forget(self.request)
        self.codes = codes
        return token
