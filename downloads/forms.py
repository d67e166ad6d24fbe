"""The forms of staff: uploading a release file, and adding downloads to an entitlement."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from downloads.models import Entitlement, ReleaseFile

MOST_ADDED = 100


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
        return values


class AllowMoreForm(forms.ModelForm):
    """Adding downloads, with the reason that the audit log keeps."""

    more = forms.IntegerField(label=_("Add downloads"), min_value=1, max_value=MOST_ADDED)
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("The audit log keeps it, without names and addresses please."))

    class Meta:
        model = Entitlement
        fields = ()
