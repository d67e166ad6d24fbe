"""The forms of help with the log-in: what somebody asks, and what staff decide (promise C8)."""

import hashlib
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key, validate_mailable, without_tag
from accounts.forms.holds import StaffText
from accounts.limits import CASES_ADDRESS, CASES_NETWORK, demand_all
from infacta.long_text import LongTextField
from infacta.network import client_ip, network_of
from support.cases.closing import LONGEST_HOLD
from support.forms.feedback import new_form_number
from support.login_help.asking import Plea, ask
from support.models import Case
from support.models.login_help import PROVED

LONGEST = 4_000


def mailable(label: Any, **options: Any) -> forms.EmailField:
    widget = forms.EmailInput(attrs={"autocomplete": options.pop("autocomplete", "off")})
    return forms.EmailField(label=label, max_length=254, validators=[validate_mailable], widget=widget, **options)


def line(label: Any, longest: int, autocomplete: str = "off", **options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=longest, required=options.pop("required", False), widget=widget, **options)


class LogInHelpForm(forms.Form):
    """What somebody tells who cannot log in. `form_number` is random: the same words from the same form are one request, however often sent."""

    email = mailable(
        _("E-mail address at which we can reach you"),
        autocomplete="email",
        help_text=_(
            "Here we tell you that we have your request, and that it is dealt with. The way in goes to the address of your account alone."
        ),
    )
    name = line(_("Your name, as it stands on the order"), 200, "name", required=True)
    purchase_email = mailable(_("E-mail address of the purchase, if it was another"), required=False)
    order_reference = line(
        _("Order number"), 70, help_text=_("It stands in the mail of the partner that sold it to you, and in ours with the unlock codes.")
    )
    product = line(_("Product"), 200)
    postal_code = line(_("Postal code, as it stands on the order"), 30, "postal-code")
    bought_when = line(_("About when you bought it"), 60)
    partner = line(_("Where you bought it"), 100)
    text = LongTextField(
        label=_("What happens when you try?"),
        longest=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What the page says, and whether you can still read the mailbox of your account. Never tell us a password."),
    )
    form_number = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput, initial=new_form_number)

    def ask(self, request: HttpRequest) -> Case:
        """Open the case, or find the one that this form opened before. Raises TooManyTries."""
        plea = self.plea()
        if before := Case.objects.filter(submission=plea.submission).first():
            return before
        demand_all([(CASES_NETWORK, network_of(client_ip(request))), (CASES_ADDRESS, without_tag(address_key(plea.email)))])
        return ask(plea, request)

    def plea(self) -> Plea:
        values = self.cleaned_data
        proof = {name: str(values[name]) for name in PROVED}
        told = "\n".join([values["form_number"] or new_form_number(), values["email"], values["text"], *proof.values()])
        submission = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
        return Plea(values["email"], values["text"], proof, submission)


class SendForm(forms.Form):
    """The way in goes to the account's own address: nothing more to say."""


class RefuseForm(forms.Form):
    reason = StaffText(label=_("Reason, for staff"), help_text=_("It stands in the case as an internal note, and is destroyed with it."))


def in_a_year() -> date:
    return timezone.localdate() + LONGEST_HOLD


class KeepForm(forms.Form):
    """Fraud is suspected."""

    reason = StaffText(
        label=_("Reason"),
        help_text=_(
            "Why you suspect fraud. Whoever asked reads it, word for word, in what we hold about the case: so no names and addresses, please."
        ),
    )
    until = forms.DateField(label=_("Keep it until"), widget=AdminDateWidget, help_text=_("One year at most. After that it is destroyed."))

    def clean_until(self) -> datetime:
        day: date = self.cleaned_data["until"]
        if not timezone.localdate() < day < in_a_year():
            raise ValidationError(_("Choose a day to come, within a year."))
        return timezone.make_aware(datetime.combine(day, time()))
