"""A purchase begun here (promise C14): the choice, what would go to the partner, and the hand-over. Nothing of it is kept but a line of the record.

The visitor's pages know nobody and set no cookie, so they carry no token: `comes_from_here` stands in for it. The same steps serve
customers in their own area, with the token of every form there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.limits import HAND_OVER, TooManyTries, demand
from audit.kinds import Kind
from audit.log import record
from downloads.models import Entitlement, Product
from infacta.network import client_ip
from infacta.origin import comes_from_here
from privacy.ribbon import note
from purchases.hand_over.contents import HandOver
from purchases.hand_over.forms import ChoiceForm, DetailsForm
from purchases.models import Offer, OfferKind
from purchases.partners.policies import policy_of, sellers
from purchases.personal_data import HANDED_OVER

REVIEW, CHANGE, GO = "review", "change", "go"


@dataclass(frozen=True)
class Counter:
    """Where somebody buys: what is for sale there, and whose contact data may be filled in."""

    product: Product
    offers: Sequence[Offer]
    base: str = "purchases/buy/base.html"
    customer: Any = None
    entitlement: Entitlement | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    initial: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def page(self, request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
        shown = {"counter": self, "product": self.product, "base": self.base} | dict(self.extra) | context
        return render(request, f"purchases/buy/{template}.html", shown, status=status)


def offers_of(product: Product, *kinds: OfferKind) -> list[Offer]:
    """What can be handed over of the product now."""
    return list(Offer.objects.of(product, kinds, sellers()))


def is_for_sale(product: Product) -> bool:
    return Offer.objects.of(product, [OfferKind.NEW], sellers()).exists()


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def buy(request: HttpRequest, slug: str) -> HttpResponse:
    """For visitors: nobody is known here, and what they type leaves for the partner alone."""
    product = get_object_or_404(Product.objects.public(), slug=slug)
    counter = Counter(product, offers_of(product, OfferKind.NEW))
    if request.method == "POST" and counter.offers and not comes_from_here(request):
        return choose(request, counter, status=403, problem=_("Another site sent this form. Please begin here, so that you see what goes."))
    response = serve(request, counter)
    if request.method == "POST":  # with what the visitor typed
        response.headers["Cache-Control"] = "no-store"
    return response


def serve(request: HttpRequest, counter: Counter) -> HttpResponse:
    """One step: the choice; what the partner's checkout takes besides; exactly what would go; and away."""
    if not counter.offers:
        return counter.page(request, "none")
    sent = request.POST if request.method == "POST" else request.GET
    if "offer" not in sent:
        return choose(request, counter)
    choice = ChoiceForm(counter.offers, sent)
    offer = choice.chosen if choice.is_valid() else None
    if offer is None:
        return choose(request, counter, choice)
    quantity = choice.cleaned_data.get("quantity") or offer.least
    if request.method != "POST":
        details = DetailsForm(offer, quantity)
        return ask(request, counter, details) if details.asks else review(request, counter, nothing_more(offer, quantity))
    details = DetailsForm(offer, quantity, sent)
    if not details.is_valid() or sent.get("step") == CHANGE:
        return ask(request, counter, details)
    if sent.get("step") == GO:
        return go(request, counter, details, sent.get("seal", ""))
    return fill_in(request, counter, details) if "fill_in" in sent else review(request, counter, details)


def nothing_more(offer: Offer, quantity: int) -> DetailsForm:
    """The details of an offer that asks for none."""
    details = DetailsForm(offer, quantity, {})
    details.full_clean()
    return details


def fill_in(request: HttpRequest, counter: Counter, details: DetailsForm) -> HttpResponse:
    """The customer asks for their contact data to be filled in; what they typed stays."""
    typed = {name: value for name, value in details.cleaned_data.items() if value}
    known = {name: value for name, value in counter.known.items() if name in details.fields}
    return ask(request, counter, DetailsForm(details.offer, details.quantity, known=known | typed), filled_in=True)


def choose(request: HttpRequest, counter: Counter, form: ChoiceForm | None = None, status: int = 200, problem: str = "") -> HttpResponse:
    form = form or ChoiceForm(counter.offers, initial=counter.initial)
    rows = [(offer, policy_of(offer.partner), form.is_asked_for[pk]) for pk, offer in form.offers.items()]
    return counter.page(request, "choose", status, form=form, rows=rows, problem=problem)


def ask(request: HttpRequest, counter: Counter, details: DetailsForm, *, filled_in: bool = False) -> HttpResponse:
    return counter.page(request, "details", form=details, filled_in=filled_in, **words(details))


def review(request: HttpRequest, counter: Counter, details: DetailsForm, status: int = 200, problem: str = "") -> HttpResponse:
    """Exactly what would go. Where the next step redirects to the partner, this page's own policy has to admit that host, and no other."""
    handed = details.hand_over
    response = counter.page(request, "review", status, form=details, handed=handed, problem=problem, **words(details))
    if not handed.is_form:
        admit(response, ["'self'", *handed.hosts])
    return response


def words(details: DetailsForm) -> dict[str, Any]:
    return {"offer": details.offer, "quantity": details.quantity, "partner": policy_of(details.offer.partner)}


def go(request: HttpRequest, counter: Counter, details: DetailsForm, seal: str) -> HttpResponse:
    """Away to the partner, if what goes is what the person saw; else they see it anew."""
    handed = details.hand_over
    if not handed.is_sealed_by(seal):
        return review(
            request, counter, details, problem=_("Something has changed since you saw this page. Please look again before you go on.")
        )
    try:
        demand(HAND_OVER, client_ip(request) or "")
    except TooManyTries as refused:
        problem = _(
            "From your network this was done very often just now. Please wait %(seconds)d seconds, then press the button once more."
        )
        return review(request, counter, details, 429, problem % {"seconds": refused.seconds})
    write_down(request, counter, details)
    return lead(request, counter, handed, details)


@transaction.atomic
def write_down(request: HttpRequest, counter: Counter, details: DetailsForm) -> None:
    """For the record: which partner got what for which product, by the names of the data and without any of them."""
    note(request, HANDED_OVER)
    record(
        Kind.PURCHASE_HANDED_OVER,
        user=counter.customer,
        request=request,
        partner=details.offer.partner,
        product=counter.product.code,
        offer=details.offer.kind,
        quantity=details.quantity if details.offer.takes_quantity else None,
        data=details.hand_over.kinds_of_data,
    )


def lead(request: HttpRequest, counter: Counter, handed: HandOver, details: DetailsForm) -> HttpResponse:
    """The redirect, or the page with the form that sends itself. Neither says from where one comes."""
    if handed.is_form:
        response = counter.page(request, "go", handed=handed, **words(details))
        admit(response, list(handed.hosts))
    else:
        response = HttpResponse(status=303, headers={"Location": handed.location})
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def admit(response: HttpResponse, hosts: list[str]) -> None:
    """Let a form of this one page lead to these hosts (django-csp)."""
    response._csp_replace = {"form-action": hosts}  # type: ignore[attr-defined]
