"""What somebody chooses and types before a purchase is handed over. Nothing of it is stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.contact import ContactData
from accounts.forms.profile import AUTOCOMPLETE, validate_line
from privacy.card_data import clean_text
from purchases.hand_over.contents import HandOver, TooLong, hand_over
from purchases.models import Offer, OfferOption
from purchases.partners.checkouts import CONTACT_PARTS

NUMBERS = ("telephone", "fax", "postal_code")
NAMES = {"first_name": "given-name", "last_name": "family-name", "email": "email"}


class ChoiceForm(forms.Form):
    """Which offer, and how many."""

    offer = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose one of these offers."),
            "invalid_choice": gettext_lazy("This offer is not there any more. Please choose one of these."),
        },
    )
    quantity = forms.IntegerField(
        label=gettext_lazy("How many?"),
        initial=1,
        error_messages={
            "required": gettext_lazy("Say how many."),
            "invalid": gettext_lazy("Give a whole number, in digits."),
        },
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),  # a number's own field would not show what is none
    )

    def __init__(self, offers: Sequence[Offer], data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.offers = {str(offer.pk): offer for offer in offers}
        self.fields["offer"].choices = [(pk, pk) for pk in self.offers]  # type: ignore[attr-defined]
        if len(self.offers) == 1:
            self.fields["offer"].initial = next(iter(self.offers))
        if not any(offer.takes_quantity for offer in offers):
            del self.fields["quantity"]

    @property
    def chosen(self) -> Offer | None:
        return self.offers.get(self.cleaned_data.get("offer", ""))

    @property
    def is_asked_for(self) -> dict[str, bool]:
        """Which offer is ticked, by its number."""
        ticked = self["offer"].value()
        return {pk: pk == ticked for pk in self.offers}

    def clean_quantity(self) -> int:
        """As the chosen offer has it; where its checkout asks for the quantity itself, one is as good as any."""
        quantity: int = self.cleaned_data["quantity"]
        offer = self.chosen
        if offer and offer.takes_quantity and not offer.least <= quantity <= offer.most:
            raise ValidationError(
                _("Of this offer you can buy %(least)d to %(most)d at once.") % {"least": offer.least, "most": offer.most}
            )
        return quantity


class DetailsForm(forms.Form):
    """The option, and what of the contact data goes with it: only what the partner's checkout takes, and nothing of it obligatory."""

    def __init__(self, offer: Offer, quantity: int, data: Any = None, *, known: Mapping[str, str] | None = None) -> None:
        super().__init__(data, initial=dict(known or {}))
        self.offer, self.quantity = offer, quantity
        self.options = {str(option.pk): option for option in offer.options.all()} if offer.checkout.option else {}
        if self.options:
            self.fields["option"] = option_field(self.options)
        for part in offer.checkout.contact:
            self.fields[part] = contact_field(part, is_code=offer.checkout.country_is_code)

    @property
    def asks(self) -> bool:
        """Whether there is anything to fill in."""
        return bool(self.fields)

    @property
    def contact_fields(self) -> list[forms.BoundField]:
        return [self[part] for part in self.offer.checkout.contact]

    def clean(self) -> None:
        try:
            self.hand_over = hand_over(self.offer, self.quantity, self.option, self.contact)
        except TooLong as error:
            raise ValidationError(
                _("This is more than the partner's address can hold. Please leave something out, or shorten it.")
            ) from error

    hand_over: HandOver

    @property
    def option(self) -> OfferOption | None:
        return self.options.get(self.cleaned_data.get("option", ""))

    @property
    def contact(self) -> dict[str, str]:
        return {part: self.cleaned_data.get(part, "") for part in self.offer.checkout.contact}

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the next page must send again: the fields by name, as they were cleaned."""
        return [(name, self.cleaned_data[name]) for name in self.fields if self.cleaned_data.get(name)]


def option_field(options: Mapping[str, OfferOption]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("Option"),
        required=False,
        choices=[("", gettext_lazy("None")), *((pk, option.name) for pk, option in options.items())],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("This option is not there any more. Please choose one of these.")},
    )


def contact_field(part: str, *, is_code: bool) -> forms.CharField:
    """A field of one line, as long as our own columns are; where the partner wants a country's code, two letters."""
    validators = [validate_line, *([] if part in NUMBERS else [refuse_payment_details])]
    options: dict[str, Any] = {"label": CONTACT_PARTS[part], "required": False, "validators": validators}
    if part == "email":
        field: forms.CharField = forms.EmailField(max_length=254, **options)
    elif part == "country" and is_code:
        letters = forms.RegexField(
            r"^[A-Za-z]{2}$", help_text=gettext_lazy("Two letters, such as IE."), error_messages={"invalid": TWO_LETTERS}, **options
        )
        field = letters
    else:
        field = forms.CharField(max_length=longest(part), **options)
    field.widget.attrs["autocomplete"] = NAMES.get(part) or AUTOCOMPLETE[part]
    if part in ("telephone", "fax"):
        field.widget.input_type = "tel"
    return field


TWO_LETTERS = gettext_lazy("The partner wants the country's code here: two letters, such as IE.")


def longest(part: str) -> int:
    name = "name" if part in ("first_name", "last_name") else part
    column: Any = ContactData._meta.get_field(name)
    return int(column.max_length)


def refuse_payment_details(text: str) -> None:
    """Nothing of a payment is typed here (promise C13): the partner asks for it, on pages of its own."""
    if clean_text(text) != text:
        raise ValidationError(_("This looks like the number of a card or an account. Please give it to nobody but the partner."))
