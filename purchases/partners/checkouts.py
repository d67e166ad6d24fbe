"""How each partner's checkout is addressed (promise C14): by which of its own names the choice and the buyer's contact data travel.

Pure declarations: what is not named here cannot be handed over. Each entry stands for itself, with the source of its format. The
host is the partner's, or the operator's own word in the environment (docs/hand-over.md); nothing of it ever comes from a visitor.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from privacy.registry import Text

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


CHECKOUTS: dict[str, Checkout] = {
    "plimus": Checkout(
        address="https://www.plimus.com/jsp/buynow.jsp",
        ground=Ground.SEEN,
        source="published shops that post or link to BuyNow with contractId, quantity and the names of the IPN guide (2006-2014)",
        method=Method.POST,
        code_shape=NUMBER,
        code_means=_("the number of the contract (contractId)"),
        product="contractId",
        quantity="quantity",
        contact={
            "email": "email",
            "first_name": "firstName",
            "last_name": "lastName",
            "company": "companyName",
            "address1": "address1",
            "address2": "address2",
            "city": "city",
            "postal_code": "zipCode",
            "telephone": "workPhone",
        },
    ),
    "bluesnap": Checkout(
        address="https://checkout.bluesnap.com/buynow/checkout",
        ground=Ground.SEEN,
        source="https://support.bluesnap.com/docs/hosted-payment-page-parameters for the page itself; the parameters of the catalogue "
        "(storeId, skuNUMBER=quantity) and email as published shops use them",
        code_shape=NUMBER,
        code_means=_("the number of the SKU"),
        variable="BLUESNAP_STORE",
        store_shape=NUMBER,
        store="storeId",
        quantity="sku{code}",
        contact={"email": "email"},
    ),
    "swreg": Checkout(
        address="https://usd.swreg.org/cgi-bin/s.cgi",
        ground=Ground.SEEN,
        source="http://www.swreg.org/services_setup_variprice.htm names p, q, v and d; s, fn, sn and em as published shops use them",
        method=Method.POST,
        code_shape=WORD,
        code_means=_("the product's code at SWREG, beginning with the number of the shop"),
        variable="SWREG_STORE",
        store_shape=NUMBER,
        store="s",
        product="p",
        quantity="q",
        option="d",
        option_shape=NUMBER,
        without_option="0",
        fixed=[("v", "0", _("the variation of the product"))],
        contact={"email": "em", "first_name": "fn", "last_name": "sn"},
    ),
    "shareit": Checkout(
        address="https://secure.shareit.com/shareit/checkout.html",
        ground=Ground.SEEN,
        source="published shops that link to the checkout with PRODUCT[number]=quantity, DELIVERY[number] and the buyer's names",
        code_shape=NUMBER,
        code_means=_("the number of the product"),
        quantity="PRODUCT[{code}]",
        option="DELIVERY[{code}]",
        option_shape=r"[A-Z]{1,10}",
        contact={"email": "EMAIL", "first_name": "FIRSTNAME", "last_name": "LASTNAME", "company": "COMPANY"},
    ),
    "regsoft": Checkout(
        address="{store}",
        ground=Ground.ILLUSTRATIVE,
        source="links to purchase.php3?productid=NUMBER in programs of 2000-2010; RegSoft has left the web, and its format was not published",
        code_shape=NUMBER,
        code_means=_("the number of the product"),
        variable="REGSOFT_CHECKOUT_URL",
        store_shape=OWN_ADDRESS,
        product="productid",
    ),
    "emetrix": Checkout(
        address="{store}",
        ground=Ground.ILLUSTRATIVE,
        source="links to order/product.asp?PID=NUMBER&Q=1 in programs of 2003-2006; Emetrix has left the web, and its format was not published",
        code_shape=NUMBER,
        code_means=_("the number of the product"),
        variable="EMETRIX_CHECKOUT_URL",
        store_shape=OWN_ADDRESS,
        product="PID",
        quantity="Q",
    ),
    "stripe": Checkout(
        address="https://buy.stripe.com/{code}",
        ground=Ground.DOCUMENTED,
        source="https://docs.stripe.com/payment-links/url-parameters",
        code_shape=WORD,
        code_means=_("the last part of the payment link's address"),
        contact={"email": "prefilled_email"},
    ),
    "paddle": Checkout(
        address="https://pay.paddle.io/checkout/{store}",
        ground=Ground.DOCUMENTED,
        source="https://developer.paddle.com/paddle-js/about/hosted-checkout",
        code_shape=r"pri_[a-z0-9]{1,60}",
        code_means=_("the price's number, beginning with pri_"),
        variable="PADDLE_HOSTED_CHECKOUT",
        store_shape=r"hsc_[A-Za-z0-9_]{1,150}",
        product="price_id",
        contact={"email": "user_email", "country": "country_code", "postal_code": "postal_code"},
        country_is_code=True,
    ),
    "fastspring": Checkout(
        address="https://{store}.onfastspring.com/{code}",
        ground=Ground.DOCUMENTED,
        source="https://developer.fastspring.com/docs/access-checkout-urls; contact data and quantity travel by its own script alone "
        "(https://developer.fastspring.com/docs/populate-order-information-with-the-url)",
        code_shape=r"[A-Za-z0-9_-]{1,80}(?:/[A-Za-z0-9_-]{1,80})?",
        code_means=_("the path of the product, or of a web checkout and the product, such as checkout/notebook"),
        variable="FASTSPRING_STORE",
        store_shape=r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?(?:\.test)?",
    ),
    "lemonsqueezy": Checkout(
        address="https://{store}.lemonsqueezy.com/checkout/buy/{code}",
        ground=Ground.DOCUMENTED,
        source="https://docs.lemonsqueezy.com/help/checkout/prefilled-checkout-fields and …/checkout/setting-a-quantity",
        code_shape=r"[A-Za-z0-9-]{1,60}",
        code_means=_("the last part of the checkout link's address"),
        variable="LEMON_SQUEEZY_STORE",
        store_shape=r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?",
        quantity="quantity",
        contact={
            "email": "checkout[email]",
            "name": "checkout[name]",
            "country": "checkout[billing_address][country]",
            "region": "checkout[billing_address][state]",
            "postal_code": "checkout[billing_address][zip]",
        },
        country_is_code=True,
    ),
    "gumroad": Checkout(
        address="https://{store}.gumroad.com/l/{code}",
        ground=Ground.DOCUMENTED,
        source="https://github.com/antiwork/gumroad, whose own tests open product pages with wanted, quantity, option and email",
        code_shape=WORD,
        code_means=_("the last part of the product's address"),
        variable="GUMROAD_STORE",
        store_shape=r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?",
        quantity="quantity",
        option="option",
        option_shape=r"[A-Za-z0-9_=-]{1,60}",
        contact={"email": "email"},
        fixed=[("wanted", "true", _("leads to the checkout and not to a page about the product"))],
        further_hosts=("https://gumroad.com", "https://app.gumroad.com"),
    ),
    "standard-webhooks": Checkout(
        address="{store}",
        ground=Ground.DOCUMENTED,
        source="docs/hand-over.md: the site's own format",
        method=Method.POST,
        code_shape=r"[A-Za-z0-9._-]{1,100}",
        code_means=_("what your checkout calls the product"),
        variable="STANDARD_WEBHOOKS_CHECKOUT_URL",
        store_shape=OWN_ADDRESS,
        product="product_code",
        quantity="quantity",
        option="option",
        contact={part: part for part in CONTACT_PARTS if part not in ("first_name", "last_name")},
    ),
}


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
