"""share-it!, later MyCommerce: a key generator, asked by a form for each line of an order, which waits for the unlock codes in the answer.

Source: what other vendors' programs read and answer (no page of share-it!'s own that could be read in full); docs/partners/shareit.md says how sure
each part is. It signs nothing, and tells nothing of refunds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.contact import Contact
from privacy.card_data import without_card_data
from purchases.models import Channel, EventKind
from purchases.partners.base import Capabilities, Event, Notice, Notification, OrderLine, Received, Refused
from purchases.partners.checkouts import NUMBER, Checkout, Ground
from purchases.partners.forms import contact_of, form_of, joined, moment_of, product_code_in, quantity_of, reference_in
from purchases.partners.secret_address import SecretAddressPartner

DATES = ("%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y")
"""The first is that of a system that took its names over from share-it!; the others are told apart from it by their signs."""
CONTACT_NAMES = {
    "company": "company",
    "address1": "street",
    "postal_code": "zip",
    "city": "city",
    "region": "state",
    "country": "country",
    "telephone": "phone",
    "fax": "fax",
}


class Shareit(SecretAddressPartner):
    slug = "shareit"
    name = "share-it! (MyCommerce)"
    capabilities = Capabilities(
        signature=_("none: a secret in the address, and the product code must be known"),
        key_generator=_("yes: the unlock codes are in the answer, a line each"),
    )
    channel = Channel.KEY_GENERATOR
    answers_at_once = True
    checkout = Checkout(
        address="https://secure.shareit.com/shareit/checkout.html",
        ground=Ground.SEEN,
        source="published shops that link to the checkout with PRODUCT[number]=quantity, DELIVERY[number] and the buyer's names",
        code_shape=NUMBER,
        code_means=_("the number of the product"),
        quantity="PRODUCT[{code}]",
        option="DELIVERY[{code}]",
        option_shape=r"[A-Z]{1,10}",
        contact={"email": "EMAIL", "first_name": "FIRSTNAME", "last_name": "LASTNAME", "company": "COMPANY"},
    )

    def receive(self, notice: Notice) -> Received:
        charset = form_of(notice.body, "latin-1").get("encoding", "")
        payload = without_card_data(form_of(notice.body, charset))
        event = self.event_of(payload, f"sale|{reference_of(payload)}")
        return Received((Notification(event, payload),))

    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        bought = date_in(payload)
        line = OrderLine(
            line_number=1,
            quantity=quantity_of(payload.get("quantity", ""), "QUANTITY"),
            product_code=product_code_in(payload, "product_id"),
        )
        return Event(
            EventKind.PURCHASE,
            event_key,
            raw_type="sale",
            order_reference=reference_of(payload),
            join_references=(reference_in(payload, "purchase_id"),),
            occurred_at=bought,
            purchased_at=bought,
            lines=(line,),
            buyer=buyer_of(payload),
        )

    def reply(self, codes: Sequence[str], event: Event) -> bytes:
        return "\n".join(codes).encode()


def reference_of(form: Mapping[str, str]) -> str:
    """A line of an order is an order here, for each is asked for by itself; RUNNING_NO counts them."""
    order, line = reference_in(form, "purchase_id"), reference_in(form, "running_no", needed=False) or "1"
    if len(reference := f"{order}-{line}") > 70:
        raise Refused("PURCHASE_ID and RUNNING_NO are longer than 70 characters together.")
    return reference


def date_in(form: Mapping[str, str]) -> datetime:
    text = form.get("purchase_date", "")
    for pattern in DATES[1:]:
        if pattern[2] in text:
            return moment_of(text, "PURCHASE_DATE", pattern)
    return moment_of(text, "PURCHASE_DATE", DATES[0])


def buyer_of(form: Mapping[str, str]) -> Contact:
    """REG_NAME is whom the key is for, and the buyer's name only if no other is told."""
    parts = {part: form.get(name, "") for part, name in CONTACT_NAMES.items()}
    parts["name"] = joined(form, "firstname", "lastname") or form.get("reg_name", "")
    return contact_of(form.get("email", ""), "EMAIL", parts)
