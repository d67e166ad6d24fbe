"""The forms of the desk: what staff look for, write, decide and hand over."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.limits import CUSTOMER_SEARCH, demand
from accounts.models import User
from accounts.roles import in_role
from audit.kinds import Kind as Fact
from audit.log import record
from downloads.models import Product
from infacta.long_text import LongTextField
from infacta.paging import number_in
from support.desk import canned, queue
from support.desk.queue import Shown, Whose, Wish
from support.desk.taking import colleagues, is_of
from support.desk.working import Words
from support.forms.form_numbers import FormNumberField, new_form_number, submission_of
from support.models import CannedAnswer, Case, Kind
from support.references import reference_in

LONGEST_ANSWER = 20_000
MOST_CANNED = 200
WIDE = {"class": "vTextField", "autocomplete": "off", "spellcheck": "false"}


class WishForm(forms.Form):
    """Which cases the queue shows. It comes with the address, so whatever does not fit is left out and not complained of."""

    state = forms.ChoiceField(choices=Shown.choices, required=False, widget=forms.HiddenInput)
    whose = forms.ChoiceField(label=_("Whose"), choices=Whose.choices, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("every kind")), *Kind.choices], required=False)
    product = forms.ModelChoiceField(Product.objects.all(), label=_("Product"), empty_label=_("every product"), required=False)

    def wish(self) -> Wish:
        self.is_valid()
        values = self.cleaned_data
        return Wish(
            Shown(values.get("state") or Shown.WAITING),
            Whose(values.get("whose") or Whose.ALL),
            values.get("kind") or "",
            values["product"].pk if values.get("product") else 0,
        )


class FindForm(forms.Form):
    """A case by its number, or the cases of an address. It is posted, so that no address stands in a web log."""

    typed = forms.CharField(label=_("Number of a case, or e-mail address"), max_length=254, widget=forms.TextInput(attrs=WIDE))

    def reference(self) -> str:
        """The number of a case that there is, however it was typed; "" otherwise."""
        reference = reference_in(self.cleaned_data["typed"])
        return reference if reference and Case.objects.filter(reference=reference).exists() else ""

    def find(self, request: HttpRequest) -> list[Case]:
        """The cases of this address, one more than are shown. Raises TooManyTries. The log keeps who sought, and not what was typed."""
        staff: Any = request.user
        demand(CUSTOMER_SEARCH, str(staff.pk))
        found = queue.of_address(self.cleaned_data["typed"])
        customers = {case.user_id for case in found}
        only = found[0].user if len(customers) == 1 else None
        record(Fact.CUSTOMER_SOUGHT, user=only, actor=staff, request=request, **in_role(staff), by=["case-address"], found=len(found))
        return found


class TextForm(forms.Form):
    """Words of staff in a case. `form_number` is random: the same words from the same form are one message, however often they are sent."""

    text = LongTextField(label=_("Text"), longest=LONGEST_ANSWER, widget=AdminTextareaWidget(attrs={"rows": 12}))
    form_number = FormNumberField()

    def words(self, case: Case, by: Any) -> Words:
        """The same form counts once, of this case and this person alone."""
        number, text = f"{type(self).__name__} {self.cleaned_data['form_number']}", self.cleaned_data["text"]
        return Words(text, submission_of(str(case.pk), str(by.pk), number, text), self.seen)

    @property
    def seen(self) -> int:
        return number_in(self.data.get("seen"))


class NoteForm(TextForm):
    """What colleagues shall know, and the customer does not read in the case."""

    text = LongTextField(
        label=_("Note"),
        longest=LONGEST_ANSWER,
        widget=AdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("The customer does not see it here, but gets it with a report of all personal data. It is destroyed with the case."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_note_%s"} | options)


def titles() -> list[tuple[Any, Any]]:
    answers = CannedAnswer.objects.order_by("title").values_list("pk", "title")[:MOST_CANNED]
    return [("", _("Choose one …")), *answers]


class AnswerForm(TextForm):
    """An answer. A canned one is put below what is written already, with its placeholders filled in, and does not go before it was seen."""

    text = LongTextField(
        label=_("Answer"),
        longest=LONGEST_ANSWER,
        widget=AdminTextareaWidget(attrs={"rows": 12}),
        help_text=_("It goes to the customer by mail, word for word, and stands in the case."),
    )
    canned = forms.ChoiceField(label=_("Canned answer"), required=False, choices=titles)

    def with_canned(self, case: Case, by: Any) -> "AnswerForm | None":
        """The form as it comes back: its text, and the chosen answer below it. None without a choice."""
        chosen = CannedAnswer.objects.filter(pk=number_in(self.data.get("canned"))).first()
        if chosen is None:
            return None
        before, filled_in = self.data.get("text", "").rstrip(), canned.filled(chosen.text, canned.values_for(case, by))
        text = "\n\n".join(filter(None, [before, filled_in]))
        return AnswerForm(initial={"text": text, "form_number": self.data.get("form_number") or new_form_number()})

    def as_typed(self) -> "AnswerForm":
        """The same words, without a word about what is missing."""
        return AnswerForm(initial={name: self.data.get(name, "") for name in ("text", "form_number")})


class TakeOverForm(forms.Form):
    """Why somebody takes over from a colleague. `held_by` is whose it was when they decided."""

    reason = forms.CharField(
        label=_("Why do you take it over?"),
        min_length=4,
        max_length=200,
        widget=forms.TextInput(attrs=WIDE),
        help_text=_("Such as “holidays”. It stands in the audit log, so write no names of customers, please."),
    )
    held_by = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_reason(self) -> str:
        reason = " ".join(str(self.cleaned_data["reason"]).split())
        if len(reason) < 4 or not reason.isprintable():
            raise ValidationError(_("Say it in at least 4 characters that can be read."), code="unreadable")
        return reason


class HandOverForm(forms.Form):
    """To whom a case goes: to anybody who may work on it, but whom it is about."""

    to = forms.ModelChoiceField(User.objects.none(), label=_("To"), empty_label=_("Choose a colleague …"))
    held_by = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, case: Case, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_hand_over_%s"} | options)
        choices = [one for one in colleagues() if one.pk != case.assigned_to_id and not is_of(case, one)]
        to: Any = self.fields["to"]
        to.queryset = User.objects.filter(pk__in=[one.pk for one in choices])
        to.choices = [("", to.empty_label), *((one.pk, one.get_full_name()) for one in choices)]


class CannedAnswerForm(forms.ModelForm):
    """A canned answer: placeholders that there are not are told now, and not to the colleague who chooses it in a hurry."""

    text = LongTextField(label=_("Text"), longest=LONGEST_ANSWER, widget=AdminTextareaWidget(attrs={"rows": 14}))

    class Meta:
        model = CannedAnswer
        fields = ("title", "text")

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if unknown := canned.unknown_in(text):
            known = ", ".join(f"{{{name}}}" for name in canned.MEANING)
            said = _("There is no %(unknown)s. What can be filled in: %(known)s.")
            raise ValidationError(said % {"unknown": ", ".join(unknown), "known": known}, code="placeholder")
        return text
