"""What staff decide about promotions and registrations, each with a reason."""

from contextlib import nullcontext
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.forms.holds import StaffText
from accounts.holds import AlreadyHeld, MayNot, NotHeld
from accounts.holds import Changed as HoldChanged
from infacta.reading import as_read_by
from promotions import ending
from promotions.ending import Ground, Step
from promotions.models import Redemption

OVERTAKEN = (ending.Changed, AlreadyHeld, NotHeld, HoldChanged)
TEXTS = {
    Step.HOLD: _(
        "You registered for a promotion of ours, and it looks to us as if it was not used as it is meant. So we have stopped your account until we "
        "have heard you.\n\nPlease write to us how it was. If there is an explanation, you have everything back at once."
    ),
    Step.CLOSE: _(
        "We looked into it: the promotion was misused. So we have closed your account, and taken back what promotions gave it. You paid nothing for it."
    ),
    Step.TAKE_BACK: _("The promotion was not used as it is meant: one person may register once, with the code that is theirs."),
}


class EndForm(forms.Form):
    """The next step of ending a registration. `step` is what the member of staff saw to be next."""

    ground = forms.ChoiceField(
        label=_("Ground"),
        choices=Ground.choices,
        help_text=_("The address that a registration came from is none: many people may share it."),
    )
    reason = StaffText(label=_("Reason, for staff"), help_text=_("What you saw. Without names and addresses, please."))
    text = StaffText(label=_("Text for the customer"), help_text=_("It stands in the mail, word for word."))
    step = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, redemption: Redemption, step: Step, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["step"] = step.value
        with as_read_by(redemption.user) if redemption.user else nullcontext():
            self.initial["text"] = str(TEXTS.get(step, ""))
        self.redemption = redemption
        if step is Step.CANCEL:  # whoever has not proved a mailbox gets no mail
            del self.fields["text"]

    def is_done(self, request: HttpRequest) -> bool:
        """Whether what was asked for is valid and done now; if not, `errors` say why."""
        if not self.is_valid():
            return False
        values = self.cleaned_data
        try:
            ending.end(
                self.redemption,
                Step(values["step"]),
                ground=Ground(values["ground"]),
                by=request.user,  # type: ignore[arg-type]
                reason=values["reason"],
                text=values.get("text", ""),
                request=request,
            )
        except OVERTAKEN:
            self.add_error(
                None, _("Something has happened to this registration or its account meanwhile. Nothing was done: please look again.")
            )
        except MayNot:
            self.add_error(None, _("Nobody decides about themselves; and members of staff are for administration to decide."))
        return not self.errors

    def clean_step(self) -> str:
        if self.cleaned_data["step"] not in Step.values:
            raise forms.ValidationError(_("There is no such step."))
        step: str = self.cleaned_data["step"]
        return step


class ReinstateForm(forms.Form):
    """What was taken back is given again."""

    reason = StaffText(label=_("Reason, for staff"))

    def __init__(self, redemption: Redemption, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.redemption = redemption

    def is_done(self, request: HttpRequest) -> bool:
        """Whether it is valid and done now; if not, `errors` say why."""
        if not self.is_valid():
            return False
        try:
            ending.reinstate(self.redemption, by=request.user, reason=self.cleaned_data["reason"], request=request)  # type: ignore[arg-type]
        except ending.Changed:
            self.add_error(None, _("There is nothing to give back (any more)."))
        except MayNot:
            self.add_error(None, _("Nobody decides about themselves; and members of staff are for administration to decide."))
        return not self.errors
