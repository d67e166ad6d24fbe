"""The forms of holds: what a customer on hold writes to support, and what staff decide."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime, AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.holds import appeal, is_held, may_decide
from accounts.models import Appeal, Hold, User
from infacta.long_text import LongTextField
from infacta.this_age import LAST

LONGEST_TEXT = 4_000

HELD_TEXT = _(
    "Your account was used in a way that its licence does not allow; it looks as if several people share it. "
    "Perhaps there is a good reason, or somebody has your password and you do not know of it.\n\n"
    "Please tell us how you use your account, and whether the log-ins of the last days were all yours. "
    "We look into it, and answer by e-mail."
)
CLOSED_TEXT = _("We looked into it, and your account was misused. So we have closed it.")


class AppealForm(forms.Form):
    """A customer on hold asks support to reinstate the account (promise C19)."""

    text = LongTextField(
        label=_("Your message to support"),
        longest=LONGEST_TEXT,
        help_text=_("Tell us what we should know: how you use your account, and what we may have misunderstood."),
    )

    def __init__(self, hold: Hold, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.hold = hold

    def send(self, request: HttpRequest) -> Appeal:
        """Keep a valid message. Raises NotHeld, TooManyTries and CannotKeep (accounts/holds.py)."""
        return appeal(self.hold, self.cleaned_data["text"], request)


class StaffText(LongTextField):
    """A text that staff write, in the admin's looks."""

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=LONGEST_TEXT, widget=AdminTextareaWidget(attrs={"rows": 6}), **options)


def validate_to_come(at: datetime) -> None:
    """Refuse an end that has passed already, and one so late that the calendar ends before it in the customer's time zone."""
    if at <= timezone.now():
        raise ValidationError(_("This time is over already: choose one to come, or none."))
    if at >= LAST:
        raise ValidationError(_("Nobody waits for that long: choose an earlier time, or none."))


class PlaceForm(forms.ModelForm):
    """A new hold. `staff` is who places it; what they must not decide is an error here, and refused again when it is placed."""

    staff: User  # set by the admin

    reason = StaffText(
        label=_("Reason, for staff"), help_text=_("The customer does not see it here, but gets it with a report of all personal data.")
    )
    text = StaffText(
        label=_("Text for the customer"),
        initial=HELD_TEXT,
        help_text=_("It stands in the mail, and on the page that the customer sees after the password."),
    )
    evidence = StaffText(label=_("Evidence"), required=False, help_text=_("What it rests on: one line each."))
    expires_at = forms.SplitDateTimeField(
        label=_("Expires"),
        required=False,
        widget=AdminSplitDateTime,
        validators=[validate_to_come],
        help_text=_("Empty: until somebody lifts it."),
    )

    class Meta:
        model = Hold
        fields = ("user", "reason", "text", "evidence", "expires_at")

    def clean_user(self) -> User:
        user: User = self.cleaned_data["user"]
        if not may_decide(self.staff, user):
            raise ValidationError(_("Nobody puts themselves on hold; and members of staff are for administration to decide."))
        if is_held(user.pk):
            raise ValidationError(_("This account is on hold already."))
        return user

    def clean_evidence(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["evidence"].splitlines() if line.strip()]

    def validate_constraints(self) -> None:
        """That there is one hold at a time is for accounts.holds.place to decide, which knows of those that expire just now."""


class DecisionForm(forms.Form):
    """Lifting a hold. `was_closed` is what the member of staff saw when they decided."""

    reason = StaffText(label=_("Reason, for staff"))
    was_closed = forms.BooleanField(required=False, widget=forms.HiddenInput)


class ClosingForm(DecisionForm):
    """Closing an account for good."""

    text = StaffText(
        label=_("Text for the customer"), initial=CLOSED_TEXT, help_text=_("It is added to what the customer was told before.")
    )
    sure = forms.BooleanField(label=_("Yes, close this account for good"))
    field_order = ("reason", "text", "sure")
