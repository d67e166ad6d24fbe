"""The forms in which staff test, release, pause and cancel an announcement."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from announcements.models import Announcement
from infacta.this_age import LAST

MOST_TESTED = 10
AGO = timedelta(minutes=5)  # so long somebody may look at the form who means "now"


class TryForm(forms.Form):
    """To which colleagues a test goes; to oneself, if nobody says otherwise."""

    to = forms.ModelMultipleChoiceField(
        label=_("To"),
        queryset=User.objects.filter(is_staff=True).order_by("email"),
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("Colleagues alone, at most %(most)d at a time.") % {"most": MOST_TESTED},
    )

    def __init__(self, by: User, data: Any = None) -> None:
        super().__init__(data, initial={"to": [by.pk]})
        to: Any = self.fields["to"]
        to.label_from_instance = lambda colleague: colleague.email

    def clean_to(self) -> Any:
        to = self.cleaned_data["to"]
        if len(to) > MOST_TESTED:
            raise forms.ValidationError(_("At most %(most)d at a time.") % {"most": MOST_TESTED})
        return to


class ReleaseForm(forms.Form):
    """From when on it is sent. `seen` is the version that was looked at, so that nobody releases what somebody changed meanwhile."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    at = forms.SplitDateTimeField(label=_("Sending begins"), required=False, widget=AdminSplitDateTime)

    def __init__(self, announcement: Announcement, data: Any = None) -> None:
        super().__init__(data, initial={"seen": str(announcement.version)})
        self.version = str(announcement.version)
        at = self.fields["at"]
        zone = _("Empty: now. Times are in the time zone %(zone)s.") % {"zone": timezone.get_current_timezone_name()}
        at.help_text = zone
        parts: Any = at.widget
        named = ((_("date"), _("YYYY-MM-DD")), (_("time"), _("HH:MM")))
        for part, (name, example) in zip(parts.widgets, named, strict=True):
            part.attrs |= {"aria-label": f"{at.label}: {name}", "placeholder": example}

    def clean_at(self) -> datetime:
        now = timezone.now()
        at: datetime = self.cleaned_data["at"] or now
        if not now - AGO <= at < LAST:
            raise forms.ValidationError(_("This time is over, or not of this age: choose one to come, or none for now."))
        return at

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("seen") != self.version:
            raise forms.ValidationError(_("It was changed meanwhile: look at it once more before you release it."))
        return values


class ReasonForm(forms.Form):
    """Why the sending is paused or cancelled, for colleagues."""

    reason = forms.CharField(
        label=_("Reason, for colleagues"),
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("It stands on the page of the sending, and in the audit log. 300 characters at most."),
    )
