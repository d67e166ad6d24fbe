"""Keeping a case, or what proves a purchase, for a suspicion of fraud: a reason, and the last day (promises C8, G8)."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms.holds import StaffText
from support.cases.closing import LONGEST_HOLD


class LastDayField(forms.DateField):
    """A day to come, within a year; what is cleaned is its end."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "class": "vDateField"}, format="%Y-%m-%d")
        super().__init__(widget=widget, **options)

    def clean(self, value: Any) -> datetime:
        day: date = super().clean(value)
        today = timezone.localdate()
        if not today < day < today + LONGEST_HOLD:
            raise ValidationError(_("Choose a day to come, within a year from today."), code="until")
        return timezone.make_aware(datetime.combine(day, time.min)) + timedelta(days=1) - timedelta(seconds=1)


class KeepForm(forms.Form):
    """A suspicion of fraud keeps the case longer; `until` is the last day of that."""

    reason = StaffText(
        label=_("Reason"),
        help_text=_(
            "What gives rise to the suspicion. The customer gets it with a report of all personal data. Without names and addresses, please."
        ),
    )
    until = LastDayField(
        label=_("Until"),
        help_text=_("The last day on which the case is kept for it; within a year. After that it is destroyed as every other."),
    )


class KeepProofForm(forms.Form):
    """The same of what somebody told to prove a purchase, and of its case."""

    reason = StaffText(
        label=_("Reason"),
        help_text=_(
            "Why you suspect fraud. Whoever asked reads it, word for word, in what we hold about the case: so no names and addresses, please."
        ),
    )
    until = LastDayField(label=_("Keep it until"), help_text=_("The last day of it; one year at most. After that it is destroyed."))
