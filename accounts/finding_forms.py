"""What staff decide about a finding: putting the account on hold, or seeing no misuse in it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import findings
from accounts.holds import AlreadyHeld, MayNot
from accounts.models import MisuseFinding
from accounts.requests import AccountsRequest

LONGEST_REASON, LONGEST_TEXT = 1_000, 4_000


def long_text(label: Any, help_text: Any, most: int, rows: int) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "class": "vLargeTextField"})
    return forms.CharField(label=label, help_text=help_text, max_length=most, widget=widget)


class DecisionForm(forms.Form):
    """What both decisions have in common: a reason, and that nobody else has decided meanwhile."""

    reason = long_text(
        _("Reason, for staff"), _("It is kept with the finding for two years. Without names and addresses, please."), LONGEST_REASON, 3
    )

    def __init__(self, finding: MisuseFinding, request: AccountsRequest, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.finding, self.request = finding, request

    def act(self) -> None:
        raise NotImplementedError

    def is_done(self) -> bool:
        """Whether what was asked for is valid and done now; if not, `errors` say why."""
        if not self.is_valid():
            return False
        try:
            self.act()
        except findings.AlreadyDecided:
            self.add_error(None, _("Somebody else has decided this finding meanwhile."))
        except MayNot:
            self.add_error(None, _("Nobody decides about themselves."))
        except AlreadyHeld:
            self.add_error(None, _("This account is on hold already. If nothing else is to be done about the finding, dismiss it."))
        return not self.errors


class DismissForm(DecisionForm):
    def act(self) -> None:
        findings.dismiss(self.finding, by=self.request.user, reason=self.cleaned_data["reason"], request=self.request)


class HoldForm(DecisionForm):
    text = long_text(
        _("Text for the customer"), _("The mail and the page of the hold show it: what was seen, and what to do."), LONGEST_TEXT, 8
    )
    expires_at = forms.DateTimeField(
        label=_("Ends by itself on"),
        required=False,
        help_text=_("Empty: the hold stays until staff lift it."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and expires_at <= timezone.now():
            raise ValidationError(_("This time is over already."))
        return expires_at

    def act(self) -> None:
        values = self.cleaned_data
        findings.hold(
            self.finding,
            by=self.request.user,
            reason=values["reason"],
            text=values["text"],
            expires_at=values["expires_at"],
            request=self.request,
        )
