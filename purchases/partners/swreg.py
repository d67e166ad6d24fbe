"""SWREG: a key generator, asked by GET for each order, which waits for the unlock codes in the answer; and a GET for each refund.

Sources: SWREG's own pages on key generators (swreg.org/documentation/keygen.htm, swreg.org/sending_keys.htm) for the names, the 600 characters and
the pair `<softshop>`; the refund's `order_no` and its answer from other shops' code. It signs nothing and tells neither date nor currency.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.contact import Contact
from privacy.card_data import without_card_data
from purchases.models import Channel, EventKind
from purchases.partners.base import Capabilities, Event, Notice, Notification, OrderLine, Received, Refused
from purchases.partners.checkouts import NUMBER, WORD, Checkout, Ground, Method
from purchases.partners.forms import amount_of, contact_of, form_of, joined, product_code_in, quantity_of, reference_in
from purchases.partners.reading import ip_of
from purchases.partners.secret_address import SecretAddressPartner

LONGEST_QUERY = 16 * 1024
LONGEST_REPLY = 600
EMPTY_REPLY = b"<softshop></softshop>"
ARRIVED = "infacta arrived at"  # no name of theirs has a space


class Swreg(SecretAddressPartner):
    slug = "swreg"
    name = "SWREG"
    capabilities = Capabilities(
        signature=_("none: a secret in the address, and the product code must be known"),
        key_generator=_("yes: the unlock codes are in the answer, within 600 characters"),
        refund=_("whole orders, at the same address"),
    )
    channel = Channel.KEY_GENERATOR
    methods = ("GET", "POST")
    answers_at_once = True
    checkout = Checkout(
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
    )

    def receive(self, notice: Notice) -> Received:
        if max(len(notice.query), len(notice.body)) > LONGEST_QUERY:
            raise Refused(f"The query is longer than {LONGEST_QUERY} characters.", 413)
        form = form_of(notice.query.encode("latin-1", "replace") or notice.body)
        payload = without_card_data(form) | {ARRIVED: datetime.now(UTC).isoformat()}
        event = self.event_of(payload, event_key_of(payload))
        receipt = b"OK" if event.kind == EventKind.REFUND else b""
        return Received((Notification(event, payload),), receipt)

    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        arrived = datetime.fromisoformat(payload[ARRIVED])
        if is_refund(payload):
            order = reference_in(payload, "order_no")
            return Event(EventKind.REFUND, event_key, raw_type="refund", order_reference=order, occurred_at=arrived)
        line = OrderLine(
            line_number=1,
            quantity=quantity_of(payload.get("qty", ""), "qty"),
            product_code=product_code_in(payload, "pc"),
            product_name=payload.get("var", "")[:200],
            unit_price=amount_of(payload.get("pp", ""), "pp"),
            delivery_option=payload.get("del", "")[:100],
        )
        return Event(
            EventKind.PURCHASE,
            event_key,
            raw_type="sale",
            order_reference=reference_in(payload, "o_no"),
            occurred_at=arrived,
            purchased_at=arrived,
            lines=(line,),
            buyer=buyer_of(payload),
            ip=ip_of(payload, "ip"),
        )

    def reply(self, codes: Sequence[str], event: Event) -> bytes:
        """All codes, a line each, or none: part of an order would be taken for the whole. The empty pair is taken too, and the mail has the codes."""
        between = "\n".join(codes)
        reply = f"<softshop>{between}</softshop>".encode()
        return reply if len(reply) <= LONGEST_REPLY else EMPTY_REPLY


def is_refund(form: Mapping[str, str]) -> bool:
    return not form.get("o_no") and bool(form.get("order_no"))


def event_key_of(form: Mapping[str, str]) -> str:
    """SWREG numbers no notifications: an order is told once, and refunded once."""
    return f"refund|{reference_in(form, 'order_no')}" if is_refund(form) else f"sale|{reference_in(form, 'o_no')}"


def buyer_of(form: Mapping[str, str]) -> Contact:
    """`initals` is their spelling, and holds the first name. Of the six lines of address only the first two are known for what they are."""
    parts = {
        "name": joined(form, "title", "initals", "name"),
        "company": form.get("co_name", ""),
        "address1": form.get("add1", ""),
        "address2": form.get("add2", ""),
        "city": form.get("add3", ""),
        "region": form.get("add4", ""),
        "postal_code": form.get("add5", ""),
        "country": form.get("add6", ""),
        "telephone": form.get("phone", ""),
    }
    return contact_of(form.get("email", ""), "email", parts)
