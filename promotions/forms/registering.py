"""The two steps of a registration: the code, then who you are; and the typed code of the mail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.addresses import validate_mailable
from accounts.contact import Contact, ContactData
from accounts.forms.profile import AUTOCOMPLETE, validate_line
from promotions import code_format
from promotions.models import PromoCode, Promotion, Redemption
from promotions.proof import is_typed_code
from promotions.registration import Origin, register


class CodeForm(forms.Form):
    """Step one. A wrong check is told before anything is looked up."""

    code = forms.CharField(
        label=_("Your code"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("Capitals, spaces and dashes do not matter."),
    )

    def __init__(self, promotion: Promotion, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.promotion = promotion

    def clean_code(self) -> str:
        try:
            return code_format.normalised(self.cleaned_data["code"])
        except code_format.NotAPromoCode as error:
            raise forms.ValidationError(
                _("A letter or digit of this code is wrong, or one is missing. Please look at it once more."), code="unreadable"
            ) from error


class ContactForm(forms.Form):
    """Step two: the address, and what the promotion asks besides, each with its reason."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        validators=[validate_mailable],
        help_text=_("We mail your unlock codes there, once you have confirmed that it is yours."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, promotion: Promotion, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.promotion = promotion
        columns: dict[str, Any] = {column.name: column for column in ContactData._meta.fields}
        for asked in promotion.asked_fields.all():
            field = columns[asked.name].formfield(required=asked.is_required, help_text=asked.why)
            field.validators.append(validate_line)
            field.widget.attrs["autocomplete"] = AUTOCOMPLETE[asked.name]
            if not asked.is_required:
                field.label = _("%(field)s (if you like)") % {"field": field.label}
            self.fields[asked.name] = field

    def register(self, code: PromoCode, origin: Origin, begun: Redemption | None) -> Redemption:
        """Hold a use and mail how to confirm it; NotPossible if none is left. `begun` is what this browser began before."""
        return register(self.promotion, code, Contact(**self.cleaned_data), origin, begun)


class TypedCodeForm(forms.Form):
    """The code that the mail says to type."""

    typed = forms.CharField(
        label=_("The code in our mail"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "spellcheck": "false"}),
    )

    def __init__(self, redemption: Redemption, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.redemption = redemption

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if not is_typed_code(self.redemption, typed):
            raise forms.ValidationError(_("This is not the code of our latest mail. Please look at it once more."))
        return typed
