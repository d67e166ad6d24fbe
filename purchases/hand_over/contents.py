"""Exactly what goes to a partner when a purchase is begun here, name by name (promise C14)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from privacy.texts import Text
from purchases.models import Offer, OfferOption
from purchases.partners.checkouts import CONTACT_PARTS, Checkout, Method, origin_of, store_of

LONGEST_ADDRESS = 2000
"""Of what stands in an address, the partner's server must read every character: 2,000 are safe everywhere."""


class TooLong(ValueError):
    """The partner's checkout takes its data in the address, and these make it longer than servers read."""


@dataclass(frozen=True)
class Sent:
    """One thing that goes: what it is for the person, what part of ours it is, and under which name; "" as a name: it stands in the address itself."""

    part: str
    what: Text
    value: str
    name: str = ""


@dataclass(frozen=True)
class HandOver:
    """Where the browser is led, and all that goes with it."""

    partner: str
    method: Method
    address: str
    sent: tuple[Sent, ...]
    hosts: tuple[str, ...]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The names and values that travel, in order."""
        return [(one.name, one.value) for one in self.sent if one.name]

    @property
    def is_form(self) -> bool:
        return self.method is Method.POST

    @property
    def location(self) -> str:
        """The address that the browser is led to; a form's fields are not in it."""
        if self.is_form or not self.fields:
            return self.address
        return f"{self.address}?{urlencode(self.fields, quote_via=quote)}"

    @property
    def seal(self) -> str:
        """A digest under the site's own key of all that goes, so that what a person saw can be told from what would go now."""
        all_of_it = json.dumps([self.partner, self.method, self.address, self.fields])
        return salted_hmac("purchases.hand_over", all_of_it, algorithm="sha256").hexdigest()

    def is_sealed_by(self, seal: str) -> bool:
        return constant_time_compare(self.seal, seal)

    @property
    def kinds_of_data(self) -> list[str]:
        """What of the person's choice and data goes, by our own names and without any value, for the record."""
        return [one.part for one in self.sent if one.part in ("product", "quantity", "option", *CONTACT_PARTS)]


def hand_over(offer: Offer, quantity: int, option: OfferOption | None, contact: Mapping[str, str]) -> HandOver:
    """What goes if this offer is chosen so. `contact` is by the names of CONTACT_PARTS; what is empty, or not taken there, does not go.

    TooLong if it cannot be said in an address.
    """
    checkout, code, store = offer.checkout, offer.code, store_of(offer.partner)
    address = checkout.place(store, code)
    order = order_of(checkout, offer, quantity, option)
    buyer = [Sent(part, CONTACT_PARTS[part], contact[part], name) for part, name in checkout.contact.items() if contact.get(part)]
    made = HandOver(offer.partner, checkout.method, address, (*order, *buyer), (origin_of(address), *checkout.further_hosts))
    if len(made.location) > LONGEST_ADDRESS:
        raise TooLong(f"The address at {offer.partner} has more than {LONGEST_ADDRESS} characters.")
    return made


def order_of(checkout: Checkout, offer: Offer, quantity: int, option: OfferOption | None) -> list[Sent]:
    """Store, product, quantity, option and the words that the format wants; each only where the checkout takes it."""
    named = {"code": offer.code}
    sent = []
    if checkout.variable and not checkout.store:
        sent += [] if checkout.address == "{store}" else [Sent("store", _("Our shop at the partner"), store_of(offer.partner))]
    elif checkout.store:
        sent.append(Sent("store", _("Our shop at the partner"), store_of(offer.partner), checkout.store))
    if checkout.product or "{code}" in checkout.address:
        sent.append(Sent("product", _("Product"), offer.code, checkout.product))
    if checkout.quantity:
        sent.append(Sent("quantity", _("Quantity"), str(quantity), checkout.quantity.format(**named)))
    if checkout.option and (value := option.value if option else checkout.without_option):
        what = _("Option: %(name)s") % {"name": option.name} if option else _("No option")
        sent.append(Sent("option", what, value, checkout.option.format(**named)))
    return sent + [Sent("fixed", what, value, name) for name, value, what in checkout.fixed]
