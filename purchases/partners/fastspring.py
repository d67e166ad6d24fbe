"""FastSpring: JSON with several events a request, the whole of it signed.

Sources: developer.fastspring.com, "Webhooks Overview" and the pages of the events; payloads in public code. Amounts are in whole units of the
currency, times in milliseconds since 1970. An automatic retry has the same event id, a manual one a new id, so the order is unique too.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.contact import Contact
from purchases.models import EventKind
from purchases.partners.base import (
    Capabilities,
    Event,
    Notice,
    Notification,
    OrderLine,
    Partner,
    Received,
    Refused,
)
from purchases.partners.checkouts import Checkout, Ground
from purchases.partners.exports import ExportFormat
from purchases.partners.fastspring_lines import bought_lines, code_of, items_in, quantity_of, returned_lines
from purchases.partners.fastspring_references import called, unmistakable
from purchases.partners.money import currency_of, in_units
from purchases.partners.reading import (
    contact,
    decoded,
    ip_of,
    listed,
    mapping,
    moment,
    needed,
    needed_moment,
    part,
    reference,
    screened,
    short_secrets,
    text,
)
from purchases.partners.signed_header import check_digest

MOST_EVENTS = 200
LONGEST_EVENT_ID = 100
CODES = ("product", "sku")
KINDS = {
    "order.completed": EventKind.PURCHASE,
    "subscription.charge.completed": EventKind.RENEWAL,
    "return.created": EventKind.REFUND,
    "chargeback.created": EventKind.CHARGEBACK,
    "subscription.activated": EventKind.REFERENCE,
    "subscription.canceled": EventKind.SUBSCRIPTION_CANCELLED,
    "subscription.deactivated": EventKind.SUBSCRIPTION_CANCELLED,
    "subscription.charge.failed": EventKind.PAYMENT_FAILED,
    "order.failed": EventKind.PAYMENT_FAILED,
    "order.canceled": EventKind.PAYMENT_FAILED,
    "order.payment.pending": EventKind.PAYMENT_FAILED,
    "order.approval.pending": EventKind.PAYMENT_FAILED,
}
Data = dict[str, Any]


class FastSpring(Partner):
    slug = "fastspring"
    name = "FastSpring"
    capabilities = Capabilities(
        signature=_("HMAC-SHA256 over the body"),
        refund=_("whole orders, products, units; of a part of the price staff decide. Chargebacks, not their reversal"),
        renewal=_("yes, by the subscription"),
    )
    checkout = Checkout(
        address="https://{store}.onfastspring.com/{code}",
        ground=Ground.DOCUMENTED,
        source="https://developer.fastspring.com/docs/access-checkout-urls; contact data and quantity travel by its own script alone "
        "(https://developer.fastspring.com/docs/populate-order-information-with-the-url)",
        code_shape=r"[A-Za-z0-9_-]{1,80}(?:/[A-Za-z0-9_-]{1,80})?",
        code_means=_("the path of the product, or of a web checkout and the product, such as checkout/notebook"),
        variable="FASTSPRING_STORE",
        store_shape=r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?(?:\.test)?",
    )
    export = ExportFormat(
        {
            "order_reference": ("order_reference", "order_id"),
            "purchased_at": ("order_date", "transaction_date"),
            "email": ("customer_email",),
            "name": ("customer_name",),
            "company": ("customer_company",),
            "currency": ("currency",),
            "total": ("order_total",),
            "product_code": ("product_path", "product_sku"),
            "product_name": ("product_name",),
            "quantity": ("quantity",),
            "refunded": ("is_returned",),
        },
    )

    def problems(self, secrets: Sequence[str]) -> list[str]:
        found = short_secrets("FASTSPRING_SECRETS", secrets)
        if (code := self.settings["product_code"]) not in CODES:
            found.append(f"FASTSPRING_PRODUCT_CODE is {code!r}; set it to one of: {', '.join(CODES)}.")
        return found

    def receive(self, notice: Notice) -> Received:
        """One event that cannot be read holds up none beside it: FastSpring then hears which were taken, and sends the others again."""
        self._check_signature(notice)
        events = listed(decoded(notice.body), "events", MOST_EVENTS)
        taken: dict[str, Notification] = {}
        refused = []
        for event in events:
            try:
                number = event_id(event)
                taken[number] = self._read(event, number)
            except Refused as error:
                refused.append(error)
        if not taken:
            raise refused[0] if refused else Refused("events is empty.")
        if not refused:
            return Received(tuple(taken.values()))
        return Received(tuple(taken.values()), "\n".join(taken).encode(), 202, tuple(refused))

    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        raw_type = needed(text(payload, "type", 100), "type")
        data = part(payload, "data")
        kind = kind_of(raw_type, data)
        read = READERS.get(kind)
        return Event(
            kind=kind,
            event_key=event_key,
            raw_type=raw_type,
            occurred_at=moment(payload, "created"),
            test_mode=is_test(payload, data),
            **(read(data, self.settings["product_code"]) if read else {}),
        )

    def _check_signature(self, notice: Notice) -> None:
        offered = notice.headers.get("X-FS-Signature", "").strip()
        expected = [base64.b64encode(hmac.digest(secret.encode(), notice.body, hashlib.sha256)).decode() for secret in self.secrets]
        check_digest(offered, "X-FS-Signature", expected, "FASTSPRING_SECRETS")

    def _read(self, event: Data, number: str) -> Notification:
        payload = screened(unmistakable(event))
        return Notification(self.event_of(payload, screened(number)), payload)


def event_id(event: Any) -> str:
    return needed(reference(mapping(event, "An event"), "id", LONGEST_EVENT_ID), "id")


def is_test(payload: Data, data: Data) -> bool:
    """Whether it is a trial. It must say so either way: what says nothing could be one."""
    said = [where["live"] for where in (payload, data) if isinstance(where.get("live"), bool)]
    if not said:
        raise Refused("live is neither true nor false.")
    return not all(said)


def linked(data: Data, name: str) -> str:
    """What is named by its number alone, or, with webhook expansion, by an object that has the number."""
    value = data.get(name)
    return (reference(value, "id") or reference(value, name)) if isinstance(value, dict) else reference(data, name)


def kind_of(raw_type: str, data: Data) -> EventKind:
    if raw_type == "order.completed" and data.get("completed") is False:
        return EventKind.PAYMENT_FAILED
    if raw_type == "subscription.charge.completed" and text(data, "status") not in ("", "successful"):
        return EventKind.PAYMENT_FAILED
    if raw_type == "subscription.activated" and not (called(data, "initialOrderReference") or reference(data, "initialOrderId")):
        return EventKind.SUBSCRIPTION_CHANGED
    return KINDS.get(raw_type, EventKind.SUBSCRIPTION_CHANGED if raw_type.startswith("subscription.") else EventKind.IGNORED)


def purchase_in(data: Data, code: str) -> dict[str, Any]:
    """What order.completed says. Later events name the order by its number, and its subscriptions by theirs."""
    number, currency = linked(data, "id") or linked(data, "order"), currency_of(data.get("currency"))
    items = items_in(data)
    lines = bought_lines(items, code, currency)
    return {
        "order_reference": needed(called(data) or number, "reference"),
        "join_references": tuple(filter(None, [number, *(linked(item, "subscription") for item in items)])),
        "purchased_at": needed_moment(data, "changed"),
        "currency": currency,
        "total": in_units(data.get("total"), "total", currency),
        "lines": lines,
        "buyer": buyer_of(data),
        "ip": ip_of(data, "ipAddress"),
    }


def renewal_in(data: Data, code: str) -> dict[str, Any]:
    """What subscription.charge.completed says. The order of the charge is needed as a whole: its number alone does not tell what was renewed."""
    order = data.get("order")
    if not isinstance(order, dict):
        raise Refused("order is a number alone: switch on webhook expansion at FastSpring.")
    number = linked(data, "order")
    return {
        "order_reference": needed(called(order) or number, "reference"),
        "parent_order_reference": needed(linked(data, "subscription"), "subscription"),
        "join_references": tuple(filter(None, [number])),
        "purchased_at": needed_moment(data, "timestamp"),
        "currency": (currency := currency_of(data.get("currency"))),
        "total": in_units(data.get("total"), "total", currency),
        "lines": tuple(OrderLine(0, quantity_of(item), code_of(item, code)) for item in items_in(order)),
    }


def refund_in(data: Data, code: str) -> dict[str, Any]:
    """What return.created says: all of the order, some of it, or only how much."""
    original = data["original"] if isinstance(data.get("original"), dict) else {"id": reference(data, "original")}
    number, currency = linked(original, "id") or linked(original, "order"), currency_of(data.get("currency"))
    total = in_units(data.get("totalReturn"), "totalReturn", currency)
    price = in_units(original.get("total"), "original.total", currency)
    done = data.get("completed") is not False
    whole = done and total is not None and price is not None and total >= price
    lines = returned_lines(data, code, currency) if done and not whole else ()
    return {
        "order_reference": needed(called(original) or number, "original.reference"),
        "join_references": tuple(filter(None, [number])),
        "currency": currency,
        "total": total if done else None,
        "lines": lines,
        "tells_money_alone": not (whole or lines),
    }


def chargeback_in(data: Data, code: str) -> dict[str, Any]:
    currency = currency_of(data.get("currency"))
    return {
        "order_reference": needed(linked(data, "order") or linked(data, "id"), "order"),
        "currency": currency,
        "total": in_units(data.get("chargebackAmount"), "chargebackAmount", currency),
        "tells_money_alone": True,
    }


def subscription_in(data: Data, code: str) -> dict[str, Any]:
    return {
        "order_reference": reference(data, "initialOrderId") or called(data, "initialOrderReference"),
        "join_references": (needed(linked(data, "subscription") or linked(data, "id"), "subscription"),),
    }


READERS: dict[EventKind, Callable[[Data, str], dict[str, Any]]] = {
    EventKind.PURCHASE: purchase_in,
    EventKind.RENEWAL: renewal_in,
    EventKind.REFUND: refund_in,
    EventKind.CHARGEBACK: chargeback_in,
    EventKind.REFERENCE: subscription_in,
}


def buyer_of(data: Data) -> Contact:
    account = data["account"] if isinstance(data.get("account"), dict) else {}
    person, home = part(data, "customer") or part(account, "contact"), part(data, "address")
    return contact(
        text(person, "email", 255),
        name=" ".join(filter(None, [text(person, "first"), text(person, "last")])),
        company=text(person, "company") or text(home, "company"),
        address1=text(home, "addressLine1"),
        address2=text(home, "addressLine2"),
        city=text(home, "city"),
        region=text(home, "regionDisplay") or text(home, "region"),
        postal_code=text(home, "postalCode"),
        country=text(home, "country"),
        telephone=text(person, "phone"),
    )
