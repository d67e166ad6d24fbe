"""The form of staff for what a customer may have."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from downloads.models import Entitlement
from infacta.this_age import FIRST, LAST

MOST_ADDED = 100


class EntitlementForm(forms.ModelForm):
    """Adding downloads, taking units back, moving the end of the upgrades or mailing the unlock codes, with the reason that the audit log keeps."""

    more = forms.IntegerField(label=_("Add downloads"), min_value=1, max_value=MOST_ADDED, required=False)
    take_back = forms.IntegerField(
        label=_("Take back units"),
        min_value=1,
        required=False,
        help_text=_("After a refund of a part of the price, for instance. Their unlock codes and downloads end at once, the latest first."),
    )
    new_end = forms.DateField(
        label=_("Upgrades until"),
        required=False,
        widget=AdminDateWidget,
        help_text=_("Releases published until the end of this day are included. Empty: the end stays as it is."),
    )
    no_end = forms.BooleanField(label=_("Upgrades without end"), required=False)
    send_codes = forms.BooleanField(label=_("Mail the unlock codes again"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("The customer reads it under “What our staff did”; without names and addresses please."),
    )

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Entitlement
        fields = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["seen"] = mark_of(self.instance)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not any(values[name] for name in ("more", "take_back", "new_end", "no_end", "send_codes")):
            raise forms.ValidationError(
                _(
                    "Say how many downloads to add, how many units to take back, until when upgrades are included, or that the codes be mailed."
                )
            )
        if not self.errors and values["new_end"] and values["no_end"]:
            raise forms.ValidationError(_("Upgrades until a day, or without end? Choose one of the two."))
        if not self.errors:
            self.demand_unchanged(values["seen"])
        return values

    def demand_unchanged(self, seen: str) -> None:
        """Refuse a form that was sent twice, or that somebody else was quicker than: under the account's lock, one of many at once passes.

        The form then carries the mark of what there is now, so that sending it once more is meant. What did not come from the page has none.
        """
        User.objects.touch(self.instance.user_id)
        present = Entitlement.objects.get(pk=self.instance.pk)
        if seen in ("", mark_of(present)):
            return
        allowed = present.downloads_allowed
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = mark_of(present)
        self.data = data
        raise forms.ValidationError(
            ngettext(
                "This was changed meanwhile, perhaps by this very form: %d download is allowed now. Send it again only if you mean it.",
                "This was changed meanwhile, perhaps by this very form: %d downloads are allowed now. Send it again only if you mean it.",
                allowed,
            )
            % allowed
        )

    def clean_new_end(self) -> datetime | None:
        """The last moment of the day."""
        day: date | None = self.cleaned_data["new_end"]
        if day is None:
            return None
        if not FIRST.date() < day < LAST.date():
            raise forms.ValidationError(_("Is this year right? Choose a day of this age."))
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))

    def clean_take_back(self) -> int | None:
        units: int | None = self.cleaned_data["take_back"]
        left = self.instance.units - self.instance.units_revoked
        if units and units > left:
            raise forms.ValidationError(ngettext("Only %d unit is left.", "Only %d units are left.", left) % left)
        return units


def mark_of(entitlement: Entitlement) -> str:
    """What staff change here, as it is. Downloads and units never come back to what they were by this form; an end of upgrades that does
    is the one that the form was shown with."""
    until = entitlement.upgrades_until
    return f"{entitlement.downloads_allowed}/{entitlement.units_revoked}/{until.isoformat() if until else ''}"
