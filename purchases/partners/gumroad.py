"""Gumroad: a form posted for each event (a "ping"), which nobody signs.

What stands for a signature: the secret in the address, the seller's number, and Gumroad's own records, which are asked for each sale over its API.
What they say is what counts. Sources: gumroad.com/ping, gumroad.com/api, and Gumroad's own code (antiwork/gumroad: Purchase::PingNotification,
Purchase::AsJson, Subscription::PingNotification). Prices are in US cents, whatever the currency of the product.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from accounts.contact import Contact
from purchases.models import Channel, EventKind
from purchases.partners.base import MOST_UNITS, Capabilities, Event, Notice, Notification, OrderLine, Received, Refused
from purchases.partners.checkouts import WORD, Checkout, Ground
from purchases.partners.exports import ExportFormat
from purchases.partners.gumroad_pings import said_in
from purchases.partners.json_api import NoAnswer, ask
from purchases.partners.money import in_cents, of_each
from purchases.partners.reading import (
    contact,
    flag,
    moment,
    needed,
    needed_moment,
    part,
    reference,
    screened,
    text,
    whole_number,
)
from purchases.partners.secret_address import SecretAddressPartner

KINDS = {
    "sale": EventKind.PURCHASE,
    "refund": EventKind.REFUND,
    "dispute": EventKind.CHARGEBACK,
    "dispute_won": EventKind.CHARGEBACK_REVERSED,
    "cancellation": EventKind.SUBSCRIPTION_CANCELLED,
    "subscription_ended": EventKind.SUBSCRIPTION_CANCELLED,
    "subscription_updated": EventKind.SUBSCRIPTION_CHANGED,
    "subscription_restarted": EventKind.SUBSCRIPTION_CHANGED,
}
OF_A_SALE = ("sale", "refund", "dispute", "dispute_won")
# The names of a ping, by those of the API, where they differ.
IN_A_PING = {"id": "sale_id", "created_at": "sale_timestamp", "purchase_email": "email", "recurring_charge": "is_recurring_charge"}
SALE_FIELDS = (
    "id",
    "seller_id",
    "created_at",
    "product_id",
    "product_name",
    "variants",
    "quantity",
    "price",
    "purchase_email",
    "email",
    "full_name",
    "street_address",
    "city",
    "state",
    "zip_code",
    "country",
    "country_iso2",
    "refunded",
    "partially_refunded",
    "chargedback",
    "disputed",
    "dispute_won",
    "subscription_id",
    "recurring_charge",
    "is_preorder_authorization",
    "offer_code",
)
Data = dict[str, Any]


class Gumroad(SecretAddressPartner):
    slug = "gumroad"
    name = "Gumroad"
    capabilities = Capabilities(
        signature=_("none: a secret in the address, the seller's number, and each sale is asked for over the API"),
        refund=_("whole sales; of a part of the price staff decide. Disputes and those that were won"),
        renewal=_("yes, by the subscription"),
    )
    channel = Channel.FORM
    checkout = Checkout(
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
    )
    export = ExportFormat(
        {
            "order_reference": ("Purchase ID",),
            "purchased_at": ("Purchase Date",),
            "email": ("Purchase Email",),
            "name": ("Buyer Name",),
            "address1": ("Street Address",),
            "city": ("City",),
            "postal_code": ("Zip Code",),
            "region": ("State",),
            "country": ("Country",),
            "product_code": ("Product ID",),
            "product_name": ("Item Name",),
            "quantity": ("Quantity",),
            "total": ("Sale Price ($)",),
            "refunded": ("Fully Refunded?",),
            "refunded_total": ("Partial Refund ($)",),
            "is_renewal": ("Recurring Charge?",),
        },
        totals="Totals",
        is_illustrative=False,
    )

    def is_wanted(self, secrets: Sequence[str]) -> bool:
        return bool(secrets or self.settings["seller_id"] or self.settings["access_token"])

    def problems(self, secrets: Sequence[str]) -> list[str]:
        found = super().problems(secrets)
        if not secrets:
            found.append("GUMROAD_SECRETS is empty: nobody else may know the address that Gumroad pings.")
        if not self.settings["seller_id"]:
            found.append("GUMROAD_SELLER_ID is empty: set it to the seller_id in Gumroad's test ping.")
        if not self.settings["access_token"] and not self.settings["without_read_back"]:
            found.append(
                "GUMROAD_ACCESS_TOKEN is empty, so no sale can be asked for at Gumroad. Set it, or set GUMROAD_WITHOUT_READ_BACK=1"
                " to believe whoever knows the address."
            )
        if self.settings["access_token"] and self.settings["without_read_back"]:
            found.append("GUMROAD_ACCESS_TOKEN and GUMROAD_WITHOUT_READ_BACK are both set: take one of them away.")
        return found

    def receive(self, notice: Notice) -> Received:
        said = said_in(notice)
        resource = resource_of(said)
        if resource in OF_A_SALE and not constant_time_compare(
            text(said, "seller_id").encode(errors="replace"), self.settings["seller_id"]
        ):
            raise Refused("seller_id is not GUMROAD_SELLER_ID.", 401)
        payload = screened(said)
        return Received((Notification(self.event_of(payload, event_key_of(payload)), payload),))

    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        resource = resource_of(payload)
        test_mode = flag(payload, "test")
        if resource not in OF_A_SALE:
            kind = KINDS.get(resource, EventKind.IGNORED)
            return Event(kind=kind, event_key=event_key, raw_type=resource, test_mode=test_mode, occurred_at=moment(payload, "created_at"))
        sale = read_back or sale_in(payload)
        kind = kind_of(resource, sale)
        return Event(
            kind=kind,
            event_key=event_key,
            raw_type=resource,
            test_mode=test_mode,
            order_reference=needed(reference(sale, "id"), "sale_id"),
            # No ping says when its own event happened. Of the same moment, what was taken counts before what was given back.
            occurred_at=moment(sale, "created_at"),
            **(bought_in(sale, kind) if kind in (EventKind.PURCHASE, EventKind.RENEWAL) else {}),
            tells_money_alone=kind == EventKind.REFUND and not flag(sale, "refunded"),
        )

    def wants_read_back(self, payload: dict[str, Any]) -> bool:
        return resource_of(payload) in OF_A_SALE and not flag(payload, "test") and not self.settings["without_read_back"]

    def read_back(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The sale in Gumroad's own records; Refused if they do not bear the ping out, for they may do so in a while."""
        number = needed(reference(payload, "sale_id"), "sale_id")
        address = f"{self.settings['api']}/v2/sales/{quote(number, safe='')}"
        try:
            answer = ask(address, self.settings["access_token"])
        except NoAnswer as error:
            if error.status == 404:
                raise Refused("Gumroad's own records know no such sale.") from None
            raise
        sale = {name: value for name, value in part(answer, "sale").items() if name in SALE_FIELDS}
        check_borne_out(resource_of(payload), number, sale, self.settings["seller_id"])
        return sale


def resource_of(payload: Data) -> str:
    """What it is about. Gumroad's own test ping does not say, and is of a sale."""
    return text(payload, "resource_name", 100) or "sale"


def event_key_of(payload: Data) -> str:
    """Gumroad numbers no events. What is sent again says the same, to the letter."""
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:32]
    number = reference(payload, "sale_id") or reference(payload, "subscription_id")
    return "|".join((reference({"resource_name": resource_of(payload)}, "resource_name"), number, digest))


def sale_in(payload: Data) -> Data:
    """The sale as the ping tells of it, by the names of the API."""
    said = {name: payload.get(IN_A_PING.get(name, name)) for name in SALE_FIELDS}
    return said | {"chargedback": flag(payload, "disputed") and not flag(payload, "dispute_won")}


def kind_of(resource: str, sale: Data) -> EventKind:
    if resource != "sale":
        return KINDS[resource]
    if flag(sale, "is_preorder_authorization"):
        return EventKind.PAYMENT_FAILED  # the sale follows when the product is released
    return EventKind.RENEWAL if flag(sale, "recurring_charge") else EventKind.PURCHASE


def check_borne_out(resource: str, number: str, sale: Data, seller_id: str) -> None:
    if not sale or reference(sale, "id") != number:
        raise Refused("Gumroad's own records know no such sale.")
    if text(sale, "seller_id") not in ("", seller_id):
        raise Refused("Gumroad's own records say that another sold it.")
    happened = {
        "refund": flag(sale, "refunded") or flag(sale, "partially_refunded"),
        "dispute": flag(sale, "disputed") or flag(sale, "chargedback"),
        "dispute_won": flag(sale, "dispute_won"),
    }
    if not happened.get(resource, True):
        raise Refused(f"Gumroad's own records do not tell of the {resource}.")


def bought_in(sale: Data, kind: EventKind) -> dict[str, Any]:
    """What was bought. A renewal goes back to the first sale by the subscription, which that sale is known by too."""
    membership = reference(sale, "subscription_id")
    is_first = kind == EventKind.PURCHASE
    return {
        "parent_order_reference": "" if is_first else needed(membership, "subscription_id"),
        "join_references": (membership,) if is_first and membership else (),
        "purchased_at": needed_moment(sale, "created_at"),
        "currency": "USD",
        "total": in_cents(sale.get("price"), "price"),
        "lines": (line_of(sale, 1 if is_first else 0),),
        "buyer": buyer_of(sale) if is_first else None,
        "returned": EventKind.REFUND if flag(sale, "refunded") else EventKind.CHARGEBACK if flag(sale, "chargedback") else None,
    }


def line_of(sale: Data, number: int) -> OrderLine:
    quantity = whole_number(sale, "quantity", MOST_UNITS) if sale.get("quantity") not in (None, "") else 1
    return OrderLine(
        line_number=number,
        quantity=quantity,
        product_code=product_code_of(sale),
        product_name=text(sale, "product_name"),
        unit_price=of_each(in_cents(sale.get("price"), "price"), quantity) if number else None,
    )


def product_code_of(sale: Data) -> str:
    """The product's number, and after a colon what was chosen of its variants, so that each can be another edition."""
    variants = part(sale, "variants") if isinstance(sale.get("variants"), dict) else {}
    chosen = ", ".join(filter(None, (text(variants, name) for name in sorted(variants))))
    code = ":".join(filter(None, [needed(reference(sale, "product_id"), "product_id"), chosen]))
    if len(code) > 100:
        raise Refused("product_id and variants are longer than 100 characters.")
    return code


def buyer_of(sale: Data) -> Contact:
    return contact(
        text(sale, "purchase_email", 255) or text(sale, "email", 255),
        name=text(sale, "full_name"),
        address1=text(sale, "street_address"),
        city=text(sale, "city"),
        region=text(sale, "state"),
        postal_code=text(sale, "zip_code"),
        country=text(sale, "country_iso2") or text(sale, "country"),
    )
