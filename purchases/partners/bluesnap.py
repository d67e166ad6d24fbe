"""BlueSnap, what Plimus is today: the same form, signed with HMAC-SHA256.

Source: BlueSnap's support pages (docs/ipn-setup). The module of Plimus reads the form; here the signature alone vouches for it.
"""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from purchases.partners.base import Capabilities, Notice
from purchases.partners.checkouts import NUMBER, Checkout, Ground
from purchases.partners.plimus import Plimus


class BlueSnap(Plimus):
    slug = "bluesnap"
    name = "BlueSnap"
    capabilities = Capabilities(
        signature=_("HMAC-SHA256 over time and body"),
        refund=_("whole orders; of a part of the price staff decide. Chargebacks and their reversal"),
        renewal=_("yes, by the first order's reference or the subscription"),
    )
    checkout = Checkout(
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
    )

    def is_wanted(self, secrets: Sequence[str]) -> bool:
        return bool(secrets)

    def problems(self, secrets: Sequence[str]) -> list[str]:
        return [] if all(secrets) else ["BLUESNAP_SECRETS has an empty secret."]

    def receipt(self, notice: Notice, form: dict[str, str]) -> bytes:
        self.check_signature(notice)
        return b""
