"""Offers as staff edit them, and a look at what each would hand over."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.staff import StaffAdmin, StaffInline
from purchases.hand_over.contents import hand_over
from purchases.models import Offer, OfferKind, OfferOption
from purchases.partners.checkouts import CHECKOUTS, CONTACT_PARTS, Ground, ready_checkout
from purchases.partners.policies import OWN, policy_of, sellers

GROUNDS = {
    Ground.DOCUMENTED: gettext_lazy("documented by the partner"),
    Ground.SEEN: gettext_lazy("seen in published shops; try it before you rely on it"),
    Ground.ILLUSTRATIVE: gettext_lazy("an example: the format was not published"),
}


def name_of(slug: str) -> str:
    policy = policy_of(slug)
    return policy.name if policy else slug


def obstacles(offer: Offer) -> list[str]:
    """Why visitors do not see the offer, in sentences; none if they do."""
    said = []
    checkout = CHECKOUTS.get(offer.partner)
    if checkout is None:
        return [_("There is no checkout of this partner.")]
    if not ready_checkout(offer.partner):
        said.append(
            _("Set %(variable)s in the environment: without it nobody can be led to the checkout.") % {"variable": checkout.variable}
        )
    if policy_of(offer.partner) is None:
        said.append(_("Set STANDARD_WEBHOOKS_NAME and STANDARD_WEBHOOKS_POLICY_URL: visitors must read who gets their data."))
    if not offer.is_on_sale:
        said.append(_("It is not on sale."))
    if offer.kind == OfferKind.NEW and not offer.product.is_public:
        said.append(_("The product is not shown on the site: its customers alone see the offer."))
    return said


class OfferForm(forms.ModelForm):
    partner = forms.ChoiceField(label=gettext_lazy("partner"), choices=lambda: [(slug, name_of(slug)) for slug in CHECKOUTS])


class OfferOptionInline(StaffInline):
    model = OfferOption
    extra = 1


@admin.register(Offer)
class OfferAdmin(StaffAdmin):
    form = OfferForm
    list_display = ("product", "edition", "kind", "partner", "code", "price_in_words", "is_on_sale", "is_seen")
    list_filter = ("is_on_sale", "partner", "kind", "product")
    list_per_page = 50
    list_select_related = ("product", "edition")
    search_fields = ("code", "product__name", "product__code")
    autocomplete_fields = ("product", "edition")
    inlines = (OfferOptionInline,)
    change_form_template = "admin/purchases/offer/change_form.html"

    @admin.display(description=gettext_lazy("price"))
    def price_in_words(self, offer: Offer) -> str:
        return offer.price_in_words

    @admin.display(description=gettext_lazy("seen by visitors"), boolean=True)
    def is_seen(self, offer: Offer) -> bool:
        return offer.is_on_sale and offer.partner in sellers()

    def get_urls(self) -> list[URLPattern]:
        look = path("<int:pk>/look/", self.admin_site.admin_view(self.look), name="purchases_offer_look")
        return [look, *super().get_urls()]

    def look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What this offer would hand over, with every part of the contact data that its checkout takes."""
        offer = self.get_object(request, str(pk))
        if not self.has_view_permission(request, offer):
            raise PermissionDenied
        checkout = CHECKOUTS.get(offer.partner)
        sample = {part: f"({label})" for part, label in CONTACT_PARTS.items()}
        options: QuerySet[OfferOption] = offer.options.all()
        context: dict[str, Any] = self.admin_site.each_context(request) | {
            "title": _("What this offer hands over"),
            "opts": self.opts,
            "original": offer,
            "checkout": checkout,
            "ground": GROUNDS[checkout.ground] if checkout else "",
            "obstacles": obstacles(offer),
            "handed": hand_over(offer, offer.least, options.first(), sample) if ready_checkout(offer.partner) else None,
            "is_own": offer.partner == OWN,
        }
        return render(request, "admin/purchases/offer/look.html", context)
