"""RegSoft: no format of its notifications is published any more (docs/partners/regsoft.md), so a profile says how to read them."""

from django.utils.translation import gettext_lazy as _

from purchases.partners.checkouts import NUMBER, OWN_ADDRESS, Checkout, Ground
from purchases.partners.form_partner import FormPartner


class RegSoft(FormPartner):
    slug = "regsoft"
    name = "RegSoft"
    checkout = Checkout(
        address="{store}",
        ground=Ground.ILLUSTRATIVE,
        source="links to purchase.php3?productid=NUMBER in programs of 2000-2010; RegSoft has left the web, and its format was not published",
        code_shape=NUMBER,
        code_means=_("the number of the product"),
        variable="REGSOFT_CHECKOUT_URL",
        store_shape=OWN_ADDRESS,
        product="productid",
    )
