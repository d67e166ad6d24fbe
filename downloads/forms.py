"""The forms of staff: uploading a release file, changing an entitlement, and replacing an unlock code."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from downloads.models import Entitlement, ReleaseFile
from infacta.this_age import FIRST, LAST

MOST_ADDED = 100


class ReleaseForm(forms.ModelForm):
    """A release is published at a time that every customer's time zone has: the first day of the calendar begins too early for some."""

    def clean_published_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["published_at"]
        if at and not FIRST <= at < LAST:
            raise forms.ValidationError(_("Is this year right? Choose a time of this age, or none."))
        return at


class ReleaseFileForm(forms.ModelForm):
    """A new file of a release. Size and digest come from the upload; a file that was uploaded never changes."""

    class Meta:
        model = ReleaseFile
        fields = ("release", "platform", "file", "name")

    class Media:
        js = ("upload.js",)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        upload = values.get("file")
        if upload and "file" in self.changed_data:
            self.instance.size = upload.size
            self.instance.sha256 = upload.sha256
            values["name"] = values.get("name") or upload.name
        values["name"] = values.get("name") or self.instance.name
        if values["name"] and ReleaseFile.objects.filter(name=values["name"]).exclude(pk=self.instance.pk).exists():
            self.add_error("name", _("Another file has this name. The signature is of the name too: give each release names of its own."))
        return values


class ReissueForm(forms.Form):
    """The reason for which staff replace an unlock code."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("The customer reads it; without names and addresses please."),
    )


class EntitlementForm(forms.ModelForm):
    """Adding downloads, taking units back or mailing unlock codes, with the reason that the audit log keeps."""

    more = forms.IntegerField(label=_("Add downloads"), min_value=1, max_value=MOST_ADDED, required=False)
    take_back = forms.IntegerField(
        label=_("Take back units"),
        min_value=1,
        required=False,
        help_text=_("After a refund of a part of the price, for instance. Their unlock codes and downloads end at once, the latest first."),
    )
    send_codes = forms.BooleanField(label=_("Mail the unlock codes again"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("The audit log keeps it, and so does the list of changes below, without names and addresses please."),
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
        if not self.errors and not (values["more"] or values["take_back"] or values["send_codes"]):
            raise forms.ValidationError(_("Say how many downloads to add, how many units to take back, or that the codes be mailed."))
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

    def clean_take_back(self) -> int | None:
        units: int | None = self.cleaned_data["take_back"]
        left = self.instance.units - self.instance.units_revoked
        if units and units > left:
            raise forms.ValidationError(ngettext("Only %d unit is left.", "Only %d units are left.", left) % left)
        return units


def mark_of(entitlement: Entitlement) -> str:
    """What staff change here, as it is: units only ever fall, or rise by a partner's word, so no two changes lead back to one mark."""
    return f"{entitlement.downloads_allowed}/{entitlement.units_revoked}"
