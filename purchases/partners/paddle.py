"""Paddle Billing: transactions, adjustments, and buyers told of in notifications of their own (docs/partners/paddle.md).

Sources: developer.paddle.com/webhooks (signature, events), developer.paddle.com/api-reference (entities), and the enumerations of Paddle's
own SDK. Amounts are texts in minor units.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _

from purchases.models import BuyerDetails, EventKind
from purchases.partners.base import (
    MOST_UNITS,
    BuyerPart,
    Capabilities,
    Event,
    Notice,
    Notification,
    OrderLine,
    Partner,
    Received,
    Refused,
    check_units,
)
from purchases.partners.checkouts import Checkout, Ground
from purchases.partners.exports import ExportFormat
from purchases.partners.json_api import ask
from purchases.partners.money import currency_of, in_minor_units
from purchases.partners.reading import (
    Said,
    contact_parts,
    decoded,
    exact_moment,
    needed,
    part,
    parts,
    screened,
    told_contact,
    whole,
    word,
    words,
)
from purchases.partners.signed_header import Scheme

SCHEME = Scheme("Paddle-Signature", time_name="ts", signature_name="h1", separator=";", joint=":")
FROM_SANDBOX = "signed_in_sandbox"  # written into the payload, for nothing that Paddle sends says so
SIMULATED = "ntfsim"
WITHOUT_DECIMALS = {"CLP", "JPY", "KRW", "VND"}  # of those that Paddle takes; none has three decimals

ADJUSTMENTS = {
    "refund": EventKind.REFUND,
    "chargeback": EventKind.CHARGEBACK,
    "chargeback_warning": EventKind.CHARGEBACK,
    "chargeback_reverse": EventKind.CHARGEBACK_REVERSED,
    "chargeback_warning_reverse": EventKind.CHARGEBACK_REVERSED,
}
OF_NO_EFFECT = {
    "transaction.payment_failed": EventKind.PAYMENT_FAILED,
    "transaction.past_due": EventKind.PAYMENT_FAILED,
    "subscription.past_due": EventKind.PAYMENT_FAILED,
    "subscription.updated": EventKind.SUBSCRIPTION_CHANGED,
    "subscription.paused": EventKind.SUBSCRIPTION_CHANGED,
    "subscription.resumed": EventKind.SUBSCRIPTION_CHANGED,
    "subscription.canceled": EventKind.SUBSCRIPTION_CANCELLED,
}
NOT_SOLD = {
    "subscription_update": _("A change of a subscription: what it adds or ends is for staff."),
    "subscription_payment_method_change": _("Nothing was sold: another way to pay was kept."),
}


class Paddle(Partner):
    slug = "paddle"
    name = "Paddle"
    capabilities = Capabilities(
        signature=_("HMAC-SHA256 over time and body"),
        refund=_("whole orders and lines; of a part staff decide; chargebacks and their reversal"),
        renewal=_("yes, by the subscription"),
    )
    checkout = Checkout(
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
    )
    export = ExportFormat(
        {
            "order_reference": ("transaction_id", "id"),
            "purchased_at": ("billed_at", "completed_at", "created_at"),
            "email": ("customer_email",),
            "name": ("customer_name",),
            "country": ("address_country_code",),
            "currency": ("currency_code",),
            "total": ("total",),
            "status": ("status",),
            "product_code": ("price_id", "product_id"),
            "product_name": ("product_name",),
            "quantity": ("quantity",),
            "refunded_total": ("refunded_total",),
        },
        counted=frozenset({"completed", "paid"}),  # what is billed is an invoice that nobody has paid yet
    )

    def is_wanted(self, secrets: Sequence[str]) -> bool:
        return bool(secrets or self.settings["sandbox_secrets"])

    def problems(self, secrets: Sequence[str]) -> list[str]:
        found = [
            f"{setting}: secret number {number} is shorter than 16 characters."
            for setting, listed in (("PADDLE_SECRETS", secrets), ("PADDLE_SANDBOX_SECRETS", self.settings["sandbox_secrets"]))
            for number, secret in enumerate(listed, start=1)
            if len(secret) < 16
        ]
        if set(secrets) & set(self.settings["sandbox_secrets"]):
            found.append("A secret stands in PADDLE_SECRETS and in PADDLE_SANDBOX_SECRETS: it is one or the other.")
        if self.settings["tolerance"].total_seconds() <= 0:
            found.append("PADDLE_TOLERANCE_SECONDS is not more than 0.")
        return found

    def receive(self, notice: Notice) -> Received:
        sandbox = self.settings["sandbox_secrets"]
        signer = SCHEME.signer(notice, [*self.secrets, *sandbox], self.settings["tolerance"].total_seconds())
        payload = screened(decoded(notice.body) | {FROM_SANDBOX: signer in sandbox})
        return Received((Notification(self.event_of(payload, word(payload, "event_id", 200, needed=True)), payload),))

    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        raw_type = word(payload, "event_type", 100, needed=True)
        event = Event(
            kind=OF_NO_EFFECT.get(raw_type, EventKind.IGNORED),
            event_key=event_key,
            raw_type=raw_type,
            occurred_at=exact_moment(payload, "occurred_at"),
            test_mode=bool(payload.get(FROM_SANDBOX)) or word(payload, "notification_id", 200).startswith(SIMULATED),
        )
        if event.occurred_at is None:
            raise Refused("occurred_at is missing.")
        if raw_type in READERS:
            event = replace(event, **READERS[raw_type](part(payload, "data")))
        if event.kind in (EventKind.PURCHASE, EventKind.RENEWAL) and event.purchased_at is None:
            event = replace(event, purchased_at=event.occurred_at)
        return replace(event, buyer=told_contact(buyer_in(read_back))) if read_back else event

    def wants_read_back(self, payload: dict[str, Any]) -> bool:
        """Whether this is an order of a buyer whom no notification told of, and the key for asking is there."""
        event = self.event_of(payload, "")
        if not self.settings["api_key"] or event.kind != EventKind.PURCHASE or event.test_mode or not event.buyer_references:
            return False
        return BuyerDetails.objects.contact(self.slug, event.buyer_references) is None

    def read_back(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The customer, and the address and the business of this order: developer.paddle.com/api-reference/customers."""
        data = part(payload, "data")
        customer = f"{self.settings['api']}/customers/{quote(word(data, 'customer_id', needed=True), safe='')}"
        asked = {"customer": customer}
        for name, folder in (("address", "addresses"), ("business", "businesses")):
            if reference := word(data, f"{name}_id"):
                asked[name] = f"{customer}/{folder}/{quote(reference, safe='')}"
        return {name: ask(address, self.settings["api_key"]) for name, address in asked.items()}


def decimals(currency: str) -> int:
    return 0 if currency in WITHOUT_DECIMALS else 2


def money(data: Said, totals: Said, name: str) -> dict[str, Any]:
    currency = needed(currency_of(data.get("currency_code"), "currency_code"), "currency_code")
    return {"currency": currency, "total": in_minor_units(totals.get(name), name, decimals(currency))}


def transaction_of(data: Said) -> dict[str, Any]:
    """A transaction that was paid: an order, or a further period of a subscription."""
    said = {"order_reference": word(data, "id", needed=True)}
    origin, subscription = data.get("origin"), word(data, "subscription_id")
    if isinstance(origin, str) and origin in NOT_SOLD:
        return said | {"kind": EventKind.SUBSCRIPTION_CHANGED, "remark": NOT_SOLD[origin]}
    details = part(data, "details")
    said |= money(data, part(details, "totals"), "grand_total") | {"purchased_at": exact_moment(data, "billed_at")}
    if origin == "subscription_recurring":
        return said | {"kind": EventKind.RENEWAL, "parent_order_reference": word(data, "subscription_id", needed=True)}
    return said | {
        "kind": EventKind.PURCHASE,
        "join_references": words(subscription) if origin != "subscription_charge" else (),
        "lines": lines_of(parts(details, "line_items"), said["currency"]),
        "buyer_references": words(*(word(data, name, 100) for name in ("customer_id", "address_id", "business_id"))),
    }


def lines_of(items: Sequence[Said], currency: str) -> tuple[OrderLine, ...]:
    """The lines in Paddle's order; the product code is the price's id, and Paddle's own number of the line is kept for adjustments."""
    lines = tuple(
        OrderLine(
            line_number=number,
            quantity=whole(item, "quantity", 1, MOST_UNITS),
            product_code=word(item, "price_id", 100, needed=True),
            product_name=str(part(item, "product").get("name") or "")[:200],
            unit_price=in_minor_units(part(item, "unit_totals").get("subtotal"), "subtotal", decimals(currency)),
            reference=word(item, "id", 100),
        )
        for number, item in enumerate(items, start=1)
    )
    check_units(lines)
    return lines


def subscription_of(data: Said) -> dict[str, Any]:
    """A subscription names the transaction that began it: by it renewals are joined, even if the transaction came without it."""
    first = word(data, "transaction_id")
    if not first:
        return {"remark": _("A subscription that no order began.")}
    return {"kind": EventKind.REFERENCE, "order_reference": first, "join_references": (word(data, "id", 100, needed=True),)}


def adjustment_of(data: Said) -> dict[str, Any]:
    """Money that went back, or came again: of the whole transaction, of whole lines, or of a part, for which staff decide."""
    said: dict[str, Any] = {"order_reference": word(data, "transaction_id", needed=True)}
    action, status = data.get("action"), data.get("status")
    if not isinstance(action, str) or action not in ADJUSTMENTS:
        return said | {"remark": _("An adjustment that takes nothing back.")}
    if status != "approved":
        return said | {"remark": _("An adjustment counts once Paddle has approved it.")}
    said |= {"kind": ADJUSTMENTS[action], **money(data, part(data, "totals"), "total")}
    items = parts(data, "items")
    if data.get("type") == "full":
        return said
    if items and all(item.get("type") == "tax" for item in items):
        return said | {"kind": EventKind.IGNORED, "remark": _("Tax alone was returned.")}
    whole_lines = words(*(word(item, "item_id", 100) for item in items if item.get("type") == "full"))
    if not items or len(whole_lines) < len(items):
        return said | {"tells_money_alone": True}
    return said | {"lines": tuple(OrderLine(0, None, reference=reference) for reference in whole_lines)}


def told_of(read: Callable[[Said], dict[str, str]]) -> Callable[[Said], dict[str, Any]]:
    """A notification that tells of a part of a buyer."""

    def event_of(data: Said) -> dict[str, Any]:
        return {"kind": EventKind.CONTACT_UPDATE, "buyer_part": BuyerPart(word(data, "id", 100, needed=True), read(data))}

    return event_of


def customer_parts(data: Said) -> dict[str, str]:
    return contact_parts(email=data.get("email"), name=data.get("name"))


def address_parts(data: Said) -> dict[str, str]:
    return contact_parts(
        address1=data.get("first_line"),
        address2=data.get("second_line"),
        city=data.get("city"),
        region=data.get("region"),
        postal_code=data.get("postal_code"),
        country=data.get("country_code"),
    )


def business_parts(data: Said) -> dict[str, str]:
    return contact_parts(company=data.get("name"))


BUYER_PARTS = {"address": address_parts, "business": business_parts, "customer": customer_parts}


def buyer_in(read_back: Said) -> dict[str, str]:
    """The buyer as Paddle's own records tell of them."""
    found: dict[str, str] = {}
    for name, read in BUYER_PARTS.items():
        found |= read(part(part(read_back, name), "data"))
    return found


READERS: dict[str, Callable[[Said], dict[str, Any]]] = {
    "transaction.completed": transaction_of,
    "subscription.created": subscription_of,
    "adjustment.created": adjustment_of,
    "adjustment.updated": adjustment_of,
} | {f"{name}.{what}": told_of(read) for name, read in BUYER_PARTS.items() for what in ("created", "updated", "imported")}
