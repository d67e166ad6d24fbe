"""The form of staff for the files of releases."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads.models import Edition, Release, ReleaseFile
from downloads.models.release_file import Platform


class EditionChoice(forms.ModelChoiceField):
    """Each edition with its product, for many products have one of the same name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.product}: {obj}"


class ReleaseFileForm(forms.ModelForm):
    """A new file of a release. Size and digest come from the upload; a file that was uploaded never changes, nor moves to another release."""

    edition = EditionChoice(
        label=_("Edition"),
        required=False,
        queryset=Edition.objects.with_products(),
        empty_label=_("all editions"),
        help_text=_(
            "Customers of this edition alone may have it. Once the file is out, it can be opened to all editions, and not the other way."
        ),
    )

    class Meta:
        model = ReleaseFile
        fields = ("release", "platform", "architecture", "minimum_system", "edition", "file", "name")

    class Media:
        js = ("upload.js",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if architecture := self.fields.get("architecture"):
            architecture.required = False  # a form without it, from a script, means any processor

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
        if values.get("minimum_system") and values.get("platform") == Platform.ANY:
            self.add_error("minimum_system", _("The oldest version of which system? Choose one above, or leave this empty."))
        self.demand_edition(values.get("release"), values.get("edition"))
        return values

    def demand_edition(self, chosen: Release | None, edition: Edition | None) -> None:
        """An edition is one of the release's product; and whoever may have the file now may have it afterwards."""
        release = self.instance.release if self.instance.pk else chosen
        if edition is None or release is None:
            return
        if edition.product_id != release.product_id:
            self.add_error("edition", _("This is an edition of another product."))
        elif self.instance.pk and edition.pk != self.initial["edition"] and release.was_published(timezone.now()):
            text = _("Customers may have this file already, and some would lose it: it can be opened to all editions, and no more.")
            self.add_error("edition", text)
