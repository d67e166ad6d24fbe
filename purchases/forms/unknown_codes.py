"""One row of the page of unknown product codes: what the code means."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from downloads.models import Edition, Product
from infacta.paging import number_in
from purchases.inbox.unknown_codes import Explained, explain
from purchases.models import WebhookEvent
from purchases.partners.registry import PARTNERS


class Catalogue:
    """The products and their editions, read once for all rows of a page. Two queries."""

    def __init__(self) -> None:
        self.products = {product.pk: product for product in Product.objects.all()}
        self.editions = {edition.pk: edition for edition in Edition.objects.select_related("product")}

    @property
    def product_choices(self) -> list[tuple[Any, Any]]:
        return [("", _("choose …")), *((pk, str(product)) for pk, product in self.products.items())]

    @property
    def edition_choices(self) -> list[tuple[Any, Any]]:
        """Each with its product; without one it is the product itself, or the first of its editions."""
        return [("", _("none, or the first")), *((pk, f"{one.product} — {one.name}") for pk, one in self.editions.items())]


class UnknownCodeForm(forms.Form):
    partner = forms.CharField(max_length=40, widget=forms.HiddenInput)
    code = forms.CharField(max_length=100, widget=forms.HiddenInput, strip=False)
    product = forms.ChoiceField(label=_("Product"))
    edition = forms.ChoiceField(label=_("Edition"), required=False)
    is_upgrade = forms.BooleanField(label=_("It is an upgrade"), required=False)

    def __init__(self, catalogue: Catalogue, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.catalogue = catalogue
        self.fields["product"].choices = catalogue.product_choices  # type: ignore[attr-defined]
        self.fields["edition"].choices = catalogue.edition_choices  # type: ignore[attr-defined]

    def clean_partner(self) -> str:
        if self.cleaned_data["partner"] not in PARTNERS:
            raise ValidationError(_("There is no such partner."))
        return str(self.cleaned_data["partner"])

    def clean_product(self) -> Product:
        product = self.catalogue.products.get(number_in(self.cleaned_data["product"]))
        if product is None:
            raise ValidationError(_("Choose the product."))
        return product

    def clean_edition(self) -> Edition | None:
        return self.catalogue.editions.get(number_in(self.cleaned_data["edition"]))

    def clean(self) -> dict[str, Any]:
        """The edition is one of the product, and somebody waits for this code: codes to come are said on their own page."""
        values: dict[str, Any] = super().clean() or {}
        product, edition = values.get("product"), values.get("edition")
        if product and edition and edition.product_id != product.pk:
            self.add_error("edition", _("This edition is of another product."))
        named = values.get("partner"), values.get("code")
        if all(named) and not WebhookEvent.objects.waiting_for_code(str(named[0]), str(named[1])).exists():
            raise ValidationError(_("No order waits for this code any more."))
        return values

    def explain(self, request: HttpRequest) -> Explained:
        """Do what the valid form says."""
        return explain(request, **self.cleaned_data)


def forms_of(rows: Iterable[Any], catalogue: Catalogue) -> list[tuple[Any, UnknownCodeForm]]:
    """Each row with its form; the ids on the page differ."""
    return [
        (row, UnknownCodeForm(catalogue, initial={"partner": row.partner, "code": row.code}, auto_id=f"id_{number}_%s"))
        for number, row in enumerate(rows)
    ]
