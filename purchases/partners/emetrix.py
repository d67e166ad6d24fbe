"""Emetrix: no format of its notifications is published any more (docs/partners/emetrix.md), so a profile says how to read them."""

from django.utils.translation import gettext_lazy as _

from purchases.partners.checkouts import NUMBER, OWN_ADDRESS, Checkout, Ground
from purchases.partners.form_partner import FormPartner


class Emetrix(FormPartner):
    slug = "emetrix"
    name = "Emetrix"
    checkout = Checkout(
        address="{store}",
        ground=Ground.ILLUSTRATIVE,
        source="links to order/product.asp?PID=NUMBER&Q=1 in programs of 2003-2006; Emetrix has left the web, and its format was not published",
        code_shape=NUMBER,
        code_means=_("the number of the product"),
        variable="EMETRIX_CHECKOUT_URL",
        store_shape=OWN_ADDRESS,
        product="PID",
        quantity="Q",
    )
