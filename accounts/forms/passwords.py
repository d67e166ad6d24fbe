"""The forms of log-in and passwords."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import validate_mailable
from accounts.credentials import user_with
from accounts.models import User
from privacy.gpc import opted_out

LONGEST_PASSWORD = 256


class PasswordField(forms.CharField):
    """A password as typed; `autocomplete` tells password managers which one is meant."""

    def __init__(self, autocomplete: str, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(strip=False, max_length=LONGEST_PASSWORD, widget=widget, **options)


class AddressField(forms.EmailField):
    def __init__(self, autocomplete: str = "username", **options: Any) -> None:
        widget = forms.EmailInput(attrs={"autocomplete": autocomplete})
        options = {"label": _("E-mail address")} | options
        super().__init__(max_length=254, widget=widget, validators=[validate_mailable], **options)


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
    """A customer's log-in. A browser that asks for Global Privacy Control is not offered to be remembered."""

    remember = forms.BooleanField(
        label=_("Remember this account"),
        required=False,
        help_text=_("Keeps your e-mail address in this browser for a year, to fill in this form. It never logs you in."),
    )

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:
        super().__init__(request, *args, **options)
        if opted_out(request):  # the cookie would be withheld, so the form promises nothing
            del self.fields["remember"]


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
        next(iter(self.fields.values())).widget.attrs["autofocus"] = True

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
        if user_with(self.request, self.user.email, password, lambda found: found == self.user) is None:
            raise ValidationError(_("This is not your present password."))
        return password


class NewAddressForm(forms.Form):
    """A new address, for somebody who has freshly confirmed who they are.

    Whether another account has the address is none of this form's business: the answer would tell.
    """

    new_email = AddressField(autocomplete="email", label=_("New e-mail address"))

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_new_email(self) -> str:
        address: str = self.cleaned_data["new_email"]
        if address == self.user.email:
            raise ValidationError(_("This is your address already."))
        return address
