"""The forms of staff for promotions: setting one up, what it gives, and stopping it. Nothing that they do takes anything from whoever registered."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.forms.models import BaseInlineFormSet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from infacta.long_text import LongTextField
from infacta.this_age import FIRST, LAST
from promotions.models import Promotion
from promotions.staging import is_registered_for, locked

LONGEST_TEXT = 20_000
WINDOW = ("starts_at", "ends_at")


class PromotionForm(forms.ModelForm):
    """A promotion. All rules that look at what is registered are checked under its lock, so that nobody registers in between."""

    text = LongTextField(
        label=_("Text"),
        longest=LONGEST_TEXT,
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 14}),
        help_text=_("Markdown: **bold**, - lists, [links](https://…), # headings. It stands on the promotion's page."),
    )

    class Meta:
        model = Promotion
        fields = ("title", "slug", "summary", "text", *WINDOW, "limit", "limit_per_person", "upgrade_months")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in WINDOW:
            if moment := self.fields.get(name):
                name_the_parts(moment)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in WINDOW:
            if (at := values.get(name)) and not FIRST <= at < LAST:
                self.add_error(name, _("Is this year right? Choose a time of this age, or none."))
        starts, ends = values.get("starts_at"), values.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("It ends before it begins."))
        if present := locked(self.instance.pk):
            self.demand_room(present, values)
            if is_registered_for(present.pk):
                self.demand_nothing_taken(present, values)
        return values

    def demand_room(self, present: Promotion, values: dict[str, Any]) -> None:
        """A limit holds for the future: what is used or held is given."""
        limit, taken = values.get("limit"), present.used + present.held
        if limit is not None and limit < taken:
            text = _("%(used)d registrations are confirmed and %(held)d wait for their mailbox, so the limit is %(taken)d at least.")
            self.add_error("limit", text % {"used": present.used, "held": present.held, "taken": taken})

    def demand_nothing_taken(self, present: Promotion, values: dict[str, Any]) -> None:
        """Whoever registered has it, or was promised it."""
        before, after = present.upgrade_months, values.get("upgrade_months")
        if "upgrade_months" in values and before != after and (before is None or after is None or after < before):
            self.add_error("upgrade_months", _("People have registered for what stood here: it can be more months, and not fewer."))
        starts = values.get("starts_at")
        if starts and starts != present.starts_at and starts > timezone.now():
            self.add_error("starts_at", _("People have registered already, so it cannot begin later."))


class GrantFormSet(BaseInlineFormSet):
    """What a promotion gives. Once people registered it may become more, and not less; and a page that is public offers something."""

    def clean(self) -> None:
        super().clean()
        if any(form.errors for form in self.forms):
            return
        present = locked(self.instance.pk)
        if present and is_registered_for(present.pk) and any(map(is_taken_away, self.initial_forms)):
            raise forms.ValidationError(
                _("People have registered for what is given here: you can add products and units, and take none away. You can stop it.")
            )
        left = [form for form in self.forms if form not in self.deleted_forms and (form.instance.pk or form.has_changed())]
        if present and present.is_published and not left:
            raise forms.ValidationError(_("It is published, so it must give something."))


def is_taken_away(form: Any) -> bool:
    """Whether a line gives less than it did."""
    less = form.cleaned_data.get("units", 1) < (form.initial.get("units") or 1)
    return bool(form.cleaned_data.get("DELETE")) or bool({"product", "edition"} & set(form.changed_data)) or less


class StopForm(forms.Form):
    """Stopping a promotion, with the reason that visitors read."""

    reason = forms.CharField(
        label=_("Reason, for visitors"),
        max_length=200,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("It stands on the promotion's page from now on. 200 characters at most."),
    )


class StopBatchForm(forms.Form):
    """Stopping a batch of codes, with the reason for colleagues."""

    reason = forms.CharField(
        label=_("Reason, for colleagues"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("The audit log keeps it; whoever types one of the codes reads that it is not valid any more."),
    )


def name_the_parts(moment: forms.Field) -> None:
    """The admin's two boxes of a moment are labelled for the eye alone."""
    parts: Any = getattr(moment.widget, "widgets", ())
    for part, name in zip(parts, (_("date"), _("time")), strict=False):
        part.attrs["aria-label"] = f"{moment.label}: {name}"
