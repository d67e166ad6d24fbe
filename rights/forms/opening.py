"""Staff open a request for a person without an account, who asked in another way than on the site."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import validate_mailable
from accounts.limits import CUSTOMER_SEARCH, demand
from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import record
from rights.asking.without_account import ask
from rights.models import Kind
from rights.requests.looking import may_prove_by_mailbox
from rights.requests.on_file import account_at, is_on_file
from rights.requests.ways import ways

WIDE = {"class": "vTextField", "autocomplete": "off", "spellcheck": "false"}


class OpenForm(forms.Form):
    """The address must be on file: the link that proves the mailbox goes there, and nowhere else. Raises TooManyTries while it validates."""

    email = forms.EmailField(
        label=_("E-mail address that we have on file"), max_length=254, validators=[validate_mailable], widget=forms.EmailInput(attrs=WIDE)
    )
    kind = forms.ChoiceField(label=_("The person asks for"))
    reason = forms.CharField(
        label=_("How the person asked"),
        min_length=4,
        max_length=300,
        widget=forms.TextInput(attrs=WIDE),
        help_text=_("Such as: by letter of 3 May. The person reads it in the report."),
    )

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request = request
        offered: Any = self.fields["kind"]
        offered.choices = [(kind.value, kind.label) for kind in Kind if kind in ways]

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"]
        demand(CUSTOMER_SEARCH, str(self.request.user.pk))
        account = account_at(address)
        found = account is not None or is_on_file(address)
        staff: Any = self.request.user
        record(Fact.CUSTOMER_SOUGHT, user=account, actor=staff, request=self.request, **in_role(staff), by=["address"], found=int(found))
        if account and not may_prove_by_mailbox(account):
            raise ValidationError(_("The person has an account, and can ask there: under “Your data”, after logging in."))
        if not found:
            raise ValidationError(_("Nothing is on file with this address, so there is nothing to report, and nobody was written to."))
        return address

    def open(self) -> bool:
        """Ask on the person's behalf; False if such a request is being dealt with, or the address was written to too often."""
        told = self.cleaned_data
        return ask(told["email"], told["kind"], "", opened_by=self.request.user, reason=told["reason"]) is not None
