"""The forms of help with the log-in: what somebody asks, and what staff decide (promise C8)."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key, validate_mailable, without_tag
from accounts.forms.holds import StaffText
from accounts.limits import CASES_ADDRESS, CASES_NETWORK, demand_all
from infacta.long_text import LongTextField
from infacta.network import client_ip, network_of
from support.forms.form_numbers import FormNumberField, submission_of
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
    form_number = FormNumberField()

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
        submission = submission_of(values["form_number"], values["email"], values["text"], *proof.values())
        return Plea(values["email"], values["text"], proof, submission)


class SendWayInForm(forms.Form):
    """The way in goes to the account's own address: nothing more to say."""


class RefuseLogInForm(forms.Form):
    reason = StaffText(label=_("Reason, for staff"), help_text=_("It stands in the case as an internal note, and is destroyed with it."))
