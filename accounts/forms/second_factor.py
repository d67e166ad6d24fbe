"""The forms in which somebody gives, confirms or enrols a second factor."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device

from accounts import enrolment, passkeys, second_factor
from accounts.credentials import user_with
from accounts.forms.passwords import PasswordField
from accounts.forms.profile import validate_line
from accounts.limits import SECOND_FACTOR, demand
from accounts.models import User
from accounts.models.user import LINK_OR_ADDRESS
from accounts.requests import AccountsRequest


class CodeField(forms.CharField):
    """A code of the authenticator app, typed on a pad of digits; or a recovery code, which has letters. Either is taken in both."""

    def __init__(self, *, with_recovery_code: bool = False, **options: Any) -> None:
        digits = {"autocomplete": "one-time-code", "inputmode": "numeric"}
        letters = {"autocomplete": "off", "autocapitalize": "none"}
        widget = forms.TextInput(attrs={"spellcheck": "false"} | (letters if with_recovery_code else digits))
        label = _("Recovery code") if with_recovery_code else _("Code")
        help_text = _("One of the ten that you wrote down.") if with_recovery_code else _("The six digits that your app shows.")
        super().__init__(label=label, max_length=40, widget=widget, help_text=help_text, **options)


class PasskeyAnswerField(forms.CharField):
    """What a passkey answered, as JSON: static/passkeys.js fills it in."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=passkeys.LONGEST_ANSWER, widget=forms.HiddenInput, **options)


class SecondFactorForm(forms.Form):
    """A second factor of `user`: a code, or where the page takes them, a passkey.

    After a valid form, `device` is what was given. Raises TooManyTries while it validates.
    """

    user: User
    device: Device | None = None

    def __init__(
        self, request: AccountsRequest, user: User, *args: Any, with_recovery_code: bool = False, with_passkeys: bool = True
    ) -> None:
        super().__init__(*args)
        self.request, self.user = request, user
        self.with_recovery_code, self.with_passkeys = with_recovery_code, with_passkeys
        self.ask_for_second_factor()

    def ask_for_second_factor(self) -> None:
        self.fields["token"] = CodeField(with_recovery_code=self.with_recovery_code, required=False)
        self.fields["token"].widget.attrs["autofocus"] = True
        if self.with_passkeys:
            self.fields["passkey"] = PasskeyAnswerField()

    @cached_property
    def passkey_options(self) -> str:
        """What the browser has to ask a passkey of this person, as JSON; "" if they have none."""
        return passkeys.question(self.request, self.user) if "passkey" in self.fields else ""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors:
            self.device = self.device_given(values["token"], values.get("passkey", ""))
        return values

    def device_given(self, token: str, answer: str) -> Device:
        """The device that was given. Raises ValidationError, and TooManyTries."""
        if answer:
            if passkey := passkeys.proved(self.request, self.user, answer):
                return passkey
            raise ValidationError(_("This passkey was not accepted. Please try once more, or give a code."))
        if not token:
            raise ValidationError({"token": _("Please give a code.")})
        if device := second_factor.verified_device(self.request, self.user, token):
            return device
        raise ValidationError({"token": self.refusal()})

    def refusal(self) -> str:
        if self.with_recovery_code:
            return str(_("This code is wrong, or was used already: each works once. Please try another one."))
        return str(_("This code is wrong, or was used already. Please wait for the next one."))


class ConfirmationForm(SecondFactorForm):
    """Who is logged in proves it again: by the password, and by their second factor where they have one (ASVS 7.5.1).

    After a valid form, `user` is who they are, and `device` the second factor. Raises TooManyTries while it validates.
    """

    password = PasswordField("current-password", label=_("Password"))

    def ask_for_second_factor(self) -> None:
        self.fields["password"].widget.attrs["autofocus"] = True
        if second_factor.app_of(self.user):
            super().ask_for_second_factor()
            del self.fields["token"].widget.attrs["autofocus"]

    def clean(self) -> dict[str, Any]:
        """The password first, so that no code is spent on a wrong one."""
        if not self.errors:
            self.user = self.known_by_password(self.cleaned_data["password"])
        return super().clean() if "token" in self.fields else self.cleaned_data

    def known_by_password(self, password: str) -> User:
        user = user_with(self.request, self.user.email, password, lambda found: found == self.user)
        if user is None:
            raise ValidationError({"password": _("This is not your password.")})
        return user


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


class PasskeyForm(forms.Form):
    """A new passkey and the person's name for it. A valid form has added it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        validators=[validate_line],
        help_text=_("How you will know it again, such as “Telephone” or “Blue key”."),
    )
    passkey = PasskeyAnswerField()

    def __init__(self, request: AccountsRequest, *args: Any) -> None:
        super().__init__(*args)
        self.request = request
        self.fields["name"].widget.attrs["autofocus"] = True

    @cached_property
    def passkey_options(self) -> str:
        """What the browser has to ask of the new passkey, as JSON."""
        return passkeys.invitation(self.request, self.request.user)

    def clean_name(self) -> str:
        """Our mails repeat it to the owner of the account, whoever chose it."""
        name: str = self.cleaned_data["name"]
        if LINK_OR_ADDRESS.search(name):
            raise ValidationError(_("The name of a passkey has no link and no address in it."))
        return name

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not passkeys.add(self.request, self.request.user, values["name"], values["passkey"]):
            raise ValidationError(_("No passkey was added. Please try once more."))
        return values
