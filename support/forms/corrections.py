"""The forms of corrections: what a customer asks for, and what staff decide (promise C18)."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.forms.holds import StaffText
from infacta.long_text import LongTextField
from support.corrections.asking import Wish, ask
from support.corrections.targets import choices_for
from support.forms.form_numbers import FormNumberField, submission_of
from support.models import About, Case

LONGEST = 4_000
FEW_LINES = {"rows": 3}
MADE_TEXT = _("You are right, and thank you for telling us. We have corrected it as you asked.")


def few_lines(label: Any, **options: Any) -> LongTextField:
    return LongTextField(label=label, longest=LONGEST, widget=forms.Textarea(attrs=FEW_LINES), **options)


class CorrectionForm(forms.Form):
    """A customer says what is recorded wrongly."""

    about = forms.ChoiceField(label=_("What is wrong?"), choices=About.choices)
    present = few_lines(_("What stands there now"), required=False, help_text=_("As far as you know it, and where you saw it."))
    wanted = few_lines(_("What should stand there"))
    why = few_lines(_("Why"), required=False, help_text=_("What shows that it is so, if it is not plain by itself."))
    form_number = FormNumberField()

    def ask(self, request: HttpRequest) -> Case:
        """Open the case, or find the one that this form opened before. Raises TooManyTries."""
        values, user = self.cleaned_data, request.user
        typed = (values[name] for name in ("about", "present", "wanted", "why"))
        submission = submission_of(str(user.pk), values["form_number"], *typed)
        wish = Wish(About(values["about"]), values["present"], values["wanted"], values["why"], submission)
        return ask(wish, user, request)


class ApplyForm(forms.Form):
    """Which field gets which value. It is sent twice: staff see before and after, and then are `sure`."""

    target = forms.ChoiceField(label=_("What to correct"))
    value = forms.CharField(
        label=_("What should stand there"), required=False, max_length=254, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    text = StaffText(label=_("Text for the customer"), initial=MADE_TEXT)
    is_all = forms.BooleanField(label=_("That is all: close the case"), required=False, initial=True)
    before = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, case: Case, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        target: Any = self.fields["target"]
        target.choices = choices_for(case.user) if case.user else []


class MadeForm(forms.Form):
    """Something that was corrected elsewhere."""

    text = StaffText(label=_("Text for the customer"), help_text=_("What you have corrected."))
    event = forms.IntegerField(
        label=_("Or: number of the entry of the audit log that is wrong"),
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text=_(
            "Facts are never changed. That this one is wrong is added to the log, where the customer and whoever reads it see both."
        ),
    )


class RefuseCorrectionForm(forms.Form):
    text = StaffText(
        label=_("Reason, for the customer"),
        help_text=_("Word for word in the mail, which also says whom else the customer can turn to."),
    )


class NothingToSay(forms.Form):
    """What is decided without words."""
