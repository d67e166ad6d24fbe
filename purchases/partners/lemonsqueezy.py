"""Lemon Squeezy: one event a request, as JSON:API, signed.

Sources: docs.lemonsqueezy.com, "Webhooks" and "API"; the types of its own JavaScript client. Amounts are in hundredths. Orders, subscriptions and
invoices are each numbered from 1, so a subscription and an invoice are called by a word and the number here. Events have no number.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _

from purchases.models import EventKind
from purchases.partners.base import (
    MOST_LINES,
    MOST_UNITS,
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
from purchases.partners.json_api import get_json
from purchases.partners.money import currency_of, in_cents
from purchases.partners.reading import (
    contact,
    decoded,
    flag,
    moment,
    needed,
    needed_moment,
    part,
    parts,
    reference,
    screened,
    short_secrets,
    text,
    whole_number,
)
from purchases.partners.signed_header import check_digest

LONGEST_NUMBER = 40
CODES = ("variant_id", "product_id")
UNPAID = ("pending", "failed", "fraudulent", "void")
KINDS = {
    "order_created": EventKind.PURCHASE,
    "order_refunded": EventKind.REFUND,
    "subscription_created": EventKind.REFERENCE,
    "subscription_payment_success": EventKind.RENEWAL,
    "subscription_payment_refunded": EventKind.REFUND,
    "subscription_payment_failed": EventKind.PAYMENT_FAILED,
    "subscription_payment_recovered": EventKind.IGNORED,  # a subscription_payment_success always comes beside it
    "subscription_cancelled": EventKind.SUBSCRIPTION_CANCELLED,
    "subscription_expired": EventKind.SUBSCRIPTION_CANCELLED,
}
ITEM_FIELDS = ("id", "product_id", "variant_id", "product_name", "variant_name", "price", "quantity")
MEDIA_TYPE = "application/vnd.api+json"
Data = dict[str, Any]


class LemonSqueezy(Partner):
    slug = "lemonsqueezy"
    name = "Lemon Squeezy"
    capabilities = Capabilities(
        signature=_("HMAC-SHA256 over the body"),
        refund=_("whole orders and renewals; of a part of the price staff decide. It tells of no chargebacks"),
        renewal=_("yes, by the subscription"),
    )
    checkout = Checkout(
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
    )
    export = ExportFormat(
        {
            "order_reference": ("identifier", "id"),  # `order_number` counts anew in every store, and is other orders' id
            "purchased_at": ("created_at",),
            "email": ("user_email",),
            "name": ("user_name",),
            "currency": ("currency",),
            "total": ("total",),
            "status": ("status",),
            "refunded": ("refunded",),
            "product_code": ("variant_id", "product_id"),
            "product_name": ("product_name",),
            "quantity": ("quantity",),
        },
        counted=frozenset({"paid", "refunded", "partial_refund"}),
    )

    def problems(self, secrets: Sequence[str]) -> list[str]:
        found = short_secrets("LEMONSQUEEZY_SECRETS", secrets)
        if (code := self.settings["product_code"]) not in CODES:
            found.append(f"LEMONSQUEEZY_PRODUCT_CODE is {code!r}; set it to one of: {', '.join(CODES)}.")
        return found

    def receive(self, notice: Notice) -> Received:
        self._check_signature(notice)
        payload = screened(decoded(notice.body))
        if notice.headers.get("X-Event-Name", name_in(payload)) != name_in(payload):
            raise Refused("X-Event-Name is not what meta.event_name says.")
        return Received((Notification(self.event_of(payload, event_key_of(payload)), payload),))

    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        """With `read_back`, the lines are those of the partner's own records, and not the first alone."""
        name, data, said = name_in(payload), part(payload, "data"), attributes(payload)
        kind = kind_of(name, said)
        read = READERS.get((kind, name))
        event: Data = read(data, said) if read else {"order_reference": number_in(data, "id") if name.startswith("order_") else ""}
        if kind == EventKind.PURCHASE:
            items = parts(read_back, "items") if read_back else [part(said, "first_order_item")]
            event["lines"] = lines_of(items, self.settings["product_code"])
        return Event(
            kind=kind,
            event_key=event_key,
            raw_type=name,
            occurred_at=moment(said, "refunded_at") or moment(said, "updated_at"),
            test_mode=is_test(payload, said),
            **event,
        )

    def wants_read_back(self, payload: dict[str, Any]) -> bool:
        """The webhook tells of the first line alone."""
        said = attributes(payload)
        is_order = kind_of(name_in(payload), said) == EventKind.PURCHASE
        return bool(self.settings["api_key"]) and is_order and not is_test(payload, said)

    def read_back(self, payload: dict[str, Any]) -> dict[str, Any]:
        order = quote(needed(number_in(part(payload, "data"), "id"), "data.id"), safe="")
        address = f"{self.settings['api']}/v1/orders/{order}/order-items?page%5Bsize%5D={MOST_LINES}"
        answer = get_json(address, {"Authorization": f"Bearer {self.settings['api_key']}", "Accept": MEDIA_TYPE})
        items = [item_in(item) for item in parts(answer, "data")]
        first = number_in(part(attributes(payload), "first_order_item"), "id")
        if not items or (first and first not in [number_in(item, "id") for item in items]):
            raise Refused("Lemon Squeezy's own records have other lines than the webhook tells of.")
        if part(part(answer, "meta"), "page").get("lastPage", 1) != 1:
            raise Refused(f"The order has more than {MOST_LINES} lines.")
        return {"items": screened(sorted(items, key=lambda item: int(whole_number(item, "id", 10**9))))}

    def _check_signature(self, notice: Notice) -> None:
        offered = notice.headers.get("X-Signature", "").strip().lower()
        expected = [hmac.digest(secret.encode(), notice.body, hashlib.sha256).hex() for secret in self.secrets]
        check_digest(offered, "X-Signature", expected, "LEMONSQUEEZY_SECRETS")


def name_in(payload: Data) -> str:
    return needed(text(part(payload, "meta"), "event_name", 100), "meta.event_name")


def attributes(payload: Data) -> Data:
    return part(part(payload, "data"), "attributes")


def is_test(payload: Data, said: Data) -> bool:
    return flag(said, "test_mode") or flag(part(payload, "meta"), "test_mode")


def number_in(data: Data, name: str) -> str:
    return reference(data, name, LONGEST_NUMBER)


def event_key_of(payload: Data) -> str:
    """Lemon Squeezy numbers no events: these three tell one from another, and are the same if it is sent again."""
    number = needed(number_in(part(payload, "data"), "id"), "data.id")
    changed = needed(number_in(attributes(payload), "updated_at"), "updated_at")
    return "|".join((reference({"event_name": name_in(payload)}, "event_name"), number, changed))


def kind_of(name: str, said: Data) -> EventKind:
    """An order or an invoice that is not paid (yet) grants nothing; neither does an invoice of another reason than a renewal."""
    kind = KINDS.get(name, EventKind.SUBSCRIPTION_CHANGED if name.startswith("subscription_") else EventKind.IGNORED)
    if kind in (EventKind.PURCHASE, EventKind.RENEWAL) and (not said.get("status") or text(said, "status") in UNPAID):
        return EventKind.PAYMENT_FAILED
    if kind == EventKind.RENEWAL and text(said, "billing_reason") != "renewal":
        return EventKind.IGNORED
    return kind


def subscription(number: str) -> str:
    return f"subscription-{needed(number, 'subscription')}"


def invoice(number: str) -> str:
    return f"invoice-{needed(number, 'data.id')}"


def order_in(data: Data, said: Data) -> dict[str, Any]:
    return {
        "order_reference": needed(number_in(data, "id"), "data.id"),
        "join_references": tuple(filter(None, [reference(said, "identifier")])),
        **money_in(said),
        "buyer": contact(text(said, "user_email", 255), name=text(said, "user_name")),
    }


def money_in(said: Data) -> dict[str, Any]:
    """When it was paid, how much, and whether all of it went back since."""
    return {
        "purchased_at": needed_moment(said, "created_at"),
        "currency": currency_of(said.get("currency")),
        "total": in_cents(said.get("total"), "total"),
        "returned": EventKind.REFUND if is_refunded(said) else None,
    }


def renewal_in(data: Data, said: Data) -> dict[str, Any]:
    """An invoice names its subscription, and no products: it renews the order as a whole."""
    return {
        "order_reference": invoice(number_in(data, "id")),
        "parent_order_reference": subscription(number_in(said, "subscription_id")),
        **money_in(said),
    }


def order_refund_in(data: Data, said: Data) -> dict[str, Any]:
    return {"order_reference": needed(number_in(data, "id"), "data.id")} | returned_in(said)


def invoice_refund_in(data: Data, said: Data) -> dict[str, Any]:
    """The first invoice of a subscription is of the order itself, which the subscription leads to."""
    is_first = text(said, "billing_reason") == "initial"
    order = subscription(number_in(said, "subscription_id")) if is_first else invoice(number_in(data, "id"))
    return {"order_reference": order} | returned_in(said)


def returned_in(said: Data) -> dict[str, Any]:
    return {
        "currency": currency_of(said.get("currency")),
        "total": in_cents(said.get("refunded_amount"), "refunded_amount"),
        "tells_money_alone": not is_refunded(said),
    }


def is_refunded(said: Data) -> bool:
    """Whether the whole of it was returned: `partial_refund` is another status."""
    return flag(said, "refunded") or text(said, "status") == "refunded"


def subscription_in(data: Data, said: Data) -> dict[str, Any]:
    return {
        "order_reference": needed(number_in(said, "order_id"), "order_id"),
        "join_references": (subscription(number_in(data, "id")),),
    }


READERS: dict[tuple[EventKind, str], Callable[[Data, Data], dict[str, Any]]] = {
    (EventKind.PURCHASE, "order_created"): order_in,
    (EventKind.RENEWAL, "subscription_payment_success"): renewal_in,
    (EventKind.REFUND, "order_refunded"): order_refund_in,
    (EventKind.REFUND, "subscription_payment_refunded"): invoice_refund_in,
    (EventKind.REFERENCE, "subscription_created"): subscription_in,
}


def item_in(item: Data) -> Data:
    """What counts of an item of the API's answer."""
    said = part(item, "attributes") | {"id": item.get("id")}
    return {name: said[name] for name in ITEM_FIELDS if name in said}


def lines_of(items: Sequence[Data], code: str) -> tuple[OrderLine, ...]:
    lines = tuple(line_of(item, code, number) for number, item in enumerate(items, start=1))
    check_units(lines)
    return lines


def line_of(item: Data, code: str, number: int) -> OrderLine:
    """Older payloads have no quantity: it is then one. Of several units it is not told whether the price is of each, so it is not kept."""
    quantity = whole_number(item, "quantity", MOST_UNITS) if item.get("quantity") is not None else 1
    return OrderLine(
        line_number=number,
        quantity=quantity,
        product_code=needed(text(item, code, 100), code),
        product_name=", ".join(filter(None, [text(item, "product_name"), text(item, "variant_name")]))[:200],
        unit_price=in_cents(item.get("price"), "price") if quantity == 1 else None,
    )
