"""Ordering codes: one word that everybody shares, or a batch of single-use codes. The staff area and the command line both use this form."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from promotions import code_format
from promotions.models import BatchState, CodeBatch, PromoCode, Promotion
from promotions.models.code import MOST_CODES
from promotions.staging import note_order

TAG_SYMBOLS = set(code_format.SYMBOLS)


class BatchForm(forms.ModelForm):
    """An order of codes. With a word it is the one shared code; without, so many single-use ones."""

    word = forms.CharField(
        label=_("Chosen word"),
        max_length=40,
        required=False,
        help_text=_("For one shared code, such as WELCOME26: four to twelve letters and digits. Leave it empty for single-use codes."),
    )
    uses = forms.IntegerField(
        label=_("Uses of the word"),
        min_value=1,
        max_value=2_000_000_000,
        required=False,
        help_text=_("Empty: as many as the promotion allows."),
    )
    tag = forms.CharField(
        label=_("Tag"),
        max_length=code_format.LONGEST_TAG,
        required=False,
        help_text=_("Single-use codes begin with it, such as SPR: one to eight letters and digits, without I, L, O and U."),
    )
    size = forms.IntegerField(
        label=_("Number of single-use codes"),
        min_value=1,
        max_value=MOST_CODES,
        required=False,
        help_text=_("A million at most. They are made in the background."),
    )

    class Meta:
        model = CodeBatch
        fields = ("promotion", "label", "word", "uses", "tag", "size", "keeps_digests_alone")

    def clean_tag(self) -> str:
        tag: str = self.cleaned_data["tag"].upper()
        if not set(tag) <= TAG_SYMBOLS:
            raise forms.ValidationError(_("One to eight letters and digits, without I, L, O and U, which people confuse with others."))
        return tag

    def clean_word(self) -> str:
        """The word in capitals, without spaces and dashes, which nobody needs to type; in its place the error that says what to choose."""
        word = "".join(filter(str.isalnum, self.cleaned_data["word"].upper()))
        if not self.cleaned_data["word"]:
            return ""
        symbols = word.translate(code_format.LOOK_ALIKES)
        if len(symbols) > code_format.LONGEST_SHARED:
            raise forms.ValidationError(
                _("Longer than twelve it looks like a single-use code, and would be read as one. Choose a shorter word.")
            )
        if len(symbols) < code_format.SHORTEST or not set(symbols) <= {*code_format.SYMBOLS, "U"}:
            raise forms.ValidationError(
                _("Four to twelve letters and digits of the Latin alphabet, for everybody has those on the keyboard.")
            )
        if taken := PromoCode.objects.select_related("batch__promotion").filter(digest=code_format.digest_of(symbols)).first():
            self.refuse_taken(word, taken)
        return word

    def refuse_taken(self, word: str, taken: PromoCode) -> None:
        text = _("%(word)s is a code already, of %(promotion)s, or is read as one: O counts as 0, and I and L as 1. Choose another word.")
        raise forms.ValidationError(text % {"word": word, "promotion": taken.batch.promotion})

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("word") or "word" in self.errors:
            self.demand_one_shared_code(values)
        else:
            self.demand_single_use_codes(values)
        return values

    def demand_one_shared_code(self, values: dict[str, Any]) -> None:
        if values.get("size") or values.get("tag"):
            self.add_error("size", _("One shared code is one: leave tag and number empty, or the word."))
        if values.get("keeps_digests_alone"):
            self.add_error("keeps_digests_alone", _("A shared word is public, and stays readable here."))
        self.instance.is_shared = True

    def demand_single_use_codes(self, values: dict[str, Any]) -> None:
        for name, text in (("tag", _("Choose a tag: the codes begin with it.")), ("size", _("How many codes?"))):
            if not values.get(name) and name not in self.errors:
                self.add_error(name, text)
        if values.get("uses"):
            self.add_error("uses", _("Single-use codes are used once. This is for a word."))
        promotion = values.get("promotion")
        if promotion and values.get("tag") and promotion.batches.filter(tag=values["tag"]).exists():
            self.add_error("tag", _("This promotion has a batch with this tag already. Choose another, so that reports tell them apart."))

    @transaction.atomic
    def order(self, request: HttpRequest | None) -> CodeBatch:
        """Keep the order; a shared code is there at once, others are made by the workers. IntegrityError if somebody else took word or tag."""
        batch: CodeBatch = self.save(commit=False)
        if batch.is_shared:
            word = self.cleaned_data["word"]
            batch.tag, batch.size, batch.made, batch.state = tag_of(word, batch.promotion), 1, 1, BatchState.READY
            batch.label = batch.label or word
            batch.save(force_insert=True)
            digest = code_format.digest_of(code_format.normalised(word))
            batch.codes.create(code=word, digest=digest, uses=self.cleaned_data["uses"])
        else:
            batch.save(force_insert=True)
        note_order(batch, request)
        return batch


def tag_of(word: str, promotion: Promotion) -> str:
    """What reports call a shared word's batch: its first symbols, and a number where another batch is called so."""
    symbols = "".join(filter(TAG_SYMBOLS.__contains__, word.translate(code_format.LOOK_ALIKES)))
    taken = set(promotion.batches.values_list("tag", flat=True))
    names = [symbols[: code_format.LONGEST_TAG], *(f"{symbols[:4]}{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name and name not in taken)
