"""The forms of staff for releases: editing one, withdrawing it, and showing it again. Nothing that they do takes anything from earlier buyers."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from downloads.models import Product, Release
from downloads.versions import NotAVersion, key_of
from infacta.long_text import LongTextField
from infacta.this_age import FIRST, LAST

EDITED = ("product", "version", "channel", "published_at", "backdated_to", "notes", "is_critical", "rollout_days")
LONGEST_NOTES = 20_000


class ReleaseForm(forms.ModelForm):
    """A release. What is published stays with whoever has it: its time moves back alone. `seen` says what the page was shown with."""

    notes = LongTextField(
        label=_("What is new"),
        longest=LONGEST_NOTES,
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 14}),
        help_text=_(
            "Markdown: **bold**, - lists, [links](https://…), # headings. Customers read it beside the files, and updaters show it."
        ),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Release
        fields = EDITED

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("published_at", "backdated_to"):
            if moment := self.fields.get(name):
                name_the_parts(moment)
        if self.instance.pk:
            self.initial["seen"] = marks_of(self.instance)
        else:
            self.initial["published_at"] = None  # it begins as a draft, and gets its time when its files are there

    def clean_version(self) -> str:
        version: str = self.cleaned_data["version"]
        try:
            key_of(version)
        except NotAVersion as error:
            raise forms.ValidationError(str(error)) from error
        return version

    def clean_published_at(self) -> datetime | None:
        return of_this_age(self.cleaned_data["published_at"])

    def clean_backdated_to(self) -> datetime | None:
        return of_this_age(self.cleaned_data["backdated_to"])

    def clean(self) -> dict[str, Any]:
        """All rules that look at other rows, under the product's lock: of two forms at once the second sees what the first has saved."""
        values = super().clean() or {}
        product_id = self.product_of(values)
        Product.objects.select_for_update(no_key=True).filter(pk=product_id or 0).first()
        self.demand_new_version(product_id, values)
        self.demand_backdating_to_the_past(values)
        if present := Release.objects.filter(pk=self.instance.pk).first():
            self.demand_nothing_taken(present, values)
            self.demand_unchanged(present)
        return values

    def product_of(self, values: dict[str, Any]) -> int | None:
        """That of the form, or, where it cannot be changed any more, that of the release."""
        product = values.get("product")
        return product.pk if product else self.instance.product_id

    def demand_new_version(self, product_id: int | None, values: dict[str, Any]) -> None:
        if "version" not in values:
            return
        same = Release.objects.filter(product=product_id, version_key=key_of(values["version"])).exclude(pk=self.instance.pk).first()
        if same:
            self.add_error("version", _("This product has this version already, written %(version)s.") % {"version": same.version})

    def demand_backdating_to_the_past(self, values: dict[str, Any]) -> None:
        published, backdated = values.get("published_at"), values.get("backdated_to")
        if published and backdated and backdated >= published:
            self.add_error(
                "backdated_to", _("Backdating leads to a time before the release is published; for any other, leave this empty.")
            )

    def demand_nothing_taken(self, present: Release, values: dict[str, Any]) -> None:
        """What was published for somebody stays published for them; withdrawing it is a step of its own, with a reason for them."""
        if self.errors or present.published_at is None or not present.was_published(timezone.now()):
            return
        published, backdated = values["published_at"], values["backdated_to"]
        if published is None or published > present.published_at:
            text = _(
                "It is published, so customers may have it already: its time can be earlier, and not later or empty. You can withdraw it."
            )
            self.add_error("published_at", text)
        elif (backdated or published) > (present.backdated_to or present.published_at):
            text = _("Customers may have it by the time that stands here: it can be earlier, and not later or empty. You can withdraw it.")
            self.add_error("backdated_to", text)

    def demand_unchanged(self, present: Release) -> None:
        """Refuse to write over what somebody else saved meanwhile. The form then carries the marks of what there is now, so that saving
        it once more is meant. What did not come from the page has no marks."""
        seen: str = self.cleaned_data.get("seen", "")
        marks = marks_of(present)
        if not seen or seen == marks:
            return
        pairs = zip(EDITED, marks.split("."), strict=True)
        changed = [name for name, mark in pairs if mark not in seen.split(".")]
        labels = [str(getattr(Release, name).field.verbose_name) for name in changed]
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = marks
        self.data = data
        text = _(
            "Somebody else changed this meanwhile: %(fields)s. Nothing is saved yet, and your own words still stand here; look at theirs on this page in another tab, and save once more to write yours over these."
        )
        raise forms.ValidationError(text % {"fields": ", ".join(labels)})


def name_the_parts(moment: forms.Field) -> None:
    """The admin's two boxes of a moment are labelled for the eye alone."""
    parts: Any = getattr(moment.widget, "widgets", ())
    for part, name in zip(parts, (_("date"), _("time")), strict=False):
        part.attrs["aria-label"] = f"{moment.label}: {name}"


def of_this_age(at: datetime | None) -> datetime | None:
    """A time that every customer's time zone has: the first day of the calendar begins too early for some."""
    if at and not FIRST <= at < LAST:
        raise forms.ValidationError(_("Is this year right? Choose a time of this age, or none."))
    return at


def marks_of(release: Release) -> str:
    """A short digest of each field that staff edit, with dots between them."""
    return ".".join(mark_of(release, name) for name in EDITED)


def mark_of(release: Release, name: str) -> str:
    value = getattr(release, getattr(Release, name).field.attname)
    return salted_hmac(f"release.{release.pk}.{name}", repr(value), algorithm="sha256").hexdigest()[:16]


class WithdrawForm(forms.Form):
    """Withdrawing a release, with the reason that its customers read."""

    reason = forms.CharField(
        label=_("Reason, for customers"),
        max_length=300,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Whoever bought it reads this on the product's page: what was wrong, and what to do now. 300 characters at most."),
    )


class ReinstateForm(forms.Form):
    """Showing a withdrawn release again."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("The audit log keeps it."),
    )
