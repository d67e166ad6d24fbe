"""The forms of what persons ask by right."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from infacta.long_text import LongTextField
from rights.erasure.asking import ask
from rights.models import SubjectRequest
from support.forms.form_numbers import FormNumberField, submission_of
from support.models import Case
from support.objection.asking import Wish, object_to

LONGEST = 4_000


class ErasureForm(forms.Form):
    """The person has read what goes and what stays, and means it."""

    sure = forms.BooleanField(label=_("Erase everything of mine, as told above. I know that nobody can bring it back afterwards."))

    def ask(self, user: User, request: HttpRequest) -> SubjectRequest:
        """Raises MayNot."""
        return ask(user, request)


class ObjectionForm(forms.Form):
    """Why, in the person's own words: the law weighs their situation against our grounds (GDPR article 21(1))."""

    reasons = LongTextField(
        label=_("Why do you object?"),
        longest=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What of your situation speaks against it. The more we know, the better we can weigh it."),
    )
    form_number = FormNumberField()

    def send(self, purpose: str, title: str, request: HttpRequest) -> Case:
        """Open the case, or find the one that this form opened before. Raises TooManyTries and CannotOpen."""
        values, user = self.cleaned_data, request.user
        submission = submission_of(str(user.pk), values["form_number"], purpose, values["reasons"])
        return object_to(Wish(purpose, title, values["reasons"], submission), user, request)
