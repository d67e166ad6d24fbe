"""How each partner's checkout is addressed (promise C14): by which of its own names the choice and the buyer's contact data travel.

Pure declarations, an attribute of the partner's class each, with the source of its format: what is not named there cannot be handed over. The
host is the partner's, or the operator's own word in the environment (docs/hand-over.md); nothing of it ever comes from a visitor.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from privacy.texts import Text

NUMBER, WORD = r"[0-9]{1,20}", r"[A-Za-z0-9_-]{1,100}"
OWN_ADDRESS = r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?"
CONTACT_PARTS: dict[str, Text] = {
    "email": _("E-mail address"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "name": _("Name"),
    "company": _("Company"),
    "address1": _("Address"),
    "address2": _("Address, second line"),
    "city": _("City"),
    "region": _("Region, state or county"),
    "postal_code": _("Postal code"),
    "country": _("Country"),
    "telephone": _("Telephone"),
    "fax": _("Fax"),
}
"""What a checkout may take of a buyer: the parts of `accounts.contact.Contact`, and the name in two for those who ask for it so."""


class Method(StrEnum):
    """GET: the browser is sent to an address that holds all. POST: a form is sent, so that no personal data stands in an address."""

    GET = "GET"
    POST = "POST"


class Ground(StrEnum):
    """What the format rests on."""

    DOCUMENTED = "documented"  # by the partner itself
    SEEN = "seen"  # in published shops and code of others
    ILLUSTRATIVE = "illustrative"  # an example: the format was never published, or is gone


@dataclass(frozen=True)
class Checkout:
    """One partner's checkout.

    `address` holds `{code}` where the offer's code is part of it, and `{store}` for the operator's store, which the environment variable
    `variable` names and which has the shape `store_shape`. `product`, `quantity` and `option` are names of parameters, "" if the checkout
    takes no such thing; they too may hold `{code}`. `contact` maps our part of the contact data to the partner's name of it, `fixed` are
    words that the format wants, each with what it means. `further_hosts` are where the partner itself leads on to.
    """

    address: str
    ground: Ground
    source: str
    code_shape: str
    code_means: Text
    method: Method = Method.GET
    variable: str = ""
    store_shape: str = ""
    product: str = ""
    store: str = ""
    quantity: str = ""
    option: str = ""
    option_shape: str = WORD
    without_option: str = ""
    contact: Mapping[str, str] = field(default_factory=dict)
    country_is_code: bool = False
    fixed: Sequence[tuple[str, str, Text]] = ()
    further_hosts: tuple[str, ...] = ()

    def place(self, store: str, code: str) -> str:
        """The address that an order of this code begins at."""
        return self.address.format(store=store, code=quote(code, safe="/"))

    def is_store(self, store: str) -> bool:
        """Whether the operator's word for the store is one that an address can be made of."""
        return not self.variable if not store else bool(re.fullmatch(self.store_shape, store))

    def is_code(self, code: str) -> bool:
        return bool(re.fullmatch(self.code_shape, code))

    def is_option(self, value: str) -> bool:
        return bool(self.option and re.fullmatch(self.option_shape, value))


CHECKOUTS: dict[str, Checkout] = {}
"""The checkouts of all partners by their slugs, as their classes declare them; filled by purchases.partners.registry."""


def store_of(slug: str) -> str:
    """The operator's word for the store at this partner; "" if there is none."""
    return str(settings.CHECKOUT_STORES.get(slug, ""))


def ready_checkout(slug: str) -> Checkout | None:
    """The checkout, if purchases can be handed over to it now; None for an unknown partner, or one whose store is not configured."""
    checkout = CHECKOUTS.get(slug)
    return checkout if checkout and checkout.is_store(store_of(slug)) else None


def origin_of(address: str) -> str:
    """Scheme and host, as a content security policy names them."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
