"""The form of feedback."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.limits import FEEDBACK, demand
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record
from downloads.models import Product
from infacta.long_text import LongTextField
from privacy.areas import RESOURCES
from privacy.wording import version_of
from support.forms.form_numbers import FormNumberField, submission_of
from support.models.feedback import Feedback, day_of

LONGEST = 5_000


class FeedbackForm(forms.Form):
    """A customer leaves a suggestion, with their name or without it (promise C10).

    `form_number` is random: the same words from the same form are the same feedback, however often they are sent.
    """

    text = LongTextField(label=_("Your suggestion"), longest=LONGEST, help_text=_("What would make our products better for you?"))
    product = forms.ModelChoiceField(Product.objects.none(), label=_("About"), required=False, empty_label=_("No product in particular"))
    may_we_answer = forms.BooleanField(label=_("You may write to me about it"), required=False)
    anonymous = forms.BooleanField(
        label=_("Leave my name out"),
        required=False,
        help_text=_("Then it is not stored with your account: we keep the day, and neither the hour nor your IP address."),
    )
    form_number = FormNumberField()

    def __init__(self, request: AccountsRequest, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request = request
        bought: Any = self.fields["product"]
        bought.queryset = Product.objects.filter(pk__in=request.user.entitlements.values("product"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("anonymous") and values.get("may_we_answer"):
            raise ValidationError(_("Without your name we cannot answer you. Please choose one of the two."))
        return values

    @transaction.atomic
    def give(self) -> bool:
        """Keep it, and note that it was given; False if it was here already. Raises TooManyTries.

        Of feedback without a name the audit log learns that there was one, and neither whose nor from where.
        """
        submission = self.submission()
        if Feedback.objects.filter(submission=submission).exists():
            return False
        demand(FEEDBACK, str(self.request.user.pk))
        _feedback, given = Feedback.objects.get_or_create(submission=submission, defaults=self.row())
        if given:
            signed = None if self.cleaned_data["anonymous"] else self.request
            record(Kind.FEEDBACK_GIVEN, user=signed and signed.user, request=signed)
        return given

    def row(self) -> dict[str, Any]:
        values, now = self.cleaned_data, timezone.now()
        row = {name: values[name] for name in ("text", "product", "may_we_answer")}
        if values["anonymous"]:
            return row | {"written_at": day_of(now)}
        return row | {"written_at": now, "user": self.request.user, "policy_version": version_of(RESOURCES)}

    def submission(self) -> str:
        return submission_of(self.cleaned_data["form_number"], self.cleaned_data["text"])
