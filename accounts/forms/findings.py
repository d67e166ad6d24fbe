"""What staff decide about a finding: putting the account on hold, or seeing no misuse in it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import findings
from accounts.forms.holds import StaffText, validate_to_come
from accounts.holds import AlreadyHeld, MayNot
from accounts.models import MisuseFinding
from accounts.requests import AccountsRequest


class DecisionForm(forms.Form):
    """What both decisions have in common: a reason, and that nobody else has decided meanwhile."""

    reason = StaffText(
        label=_("Reason, for staff"), help_text=_("It is kept with the finding for two years. Without names and addresses, please.")
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
    text = StaffText(
        label=_("Text for the customer"), help_text=_("It stands in the mail, and on the page that the customer sees after the password.")
    )
    expires_at = forms.DateTimeField(
        label=_("Expires"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        validators=[validate_to_come],
        help_text=_("Empty: until somebody lifts it."),
    )

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
