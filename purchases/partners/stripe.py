"""Stripe: orders taken by Stripe Checkout, and what becomes of their payments (docs/partners/stripe.md).

Sources: docs.stripe.com/webhooks (signature), docs.stripe.com/api (events, sessions, invoices, charges, disputes), docs.stripe.com/currencies
(minor units), and the change log of API version 2025-03-31.basil, since when an invoice no longer says which payment paid it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _

from purchases.models import EventKind
from purchases.partners.base import MOST_LINES, Capabilities, Event, Notice, Notification, Partner, Received
from purchases.partners.checkouts import WORD, Checkout, Ground
from purchases.partners.exports import ExportFormat
from purchases.partners.json_api import ask
from purchases.partners.money import currency_of, in_minor_units
from purchases.partners.reading import Said, contact_parts, decoded, needed, part, screened, seconds, told_contact, truth, word, words
from purchases.partners.signed_header import Scheme
from purchases.partners.stripe_lines import lines_in, listed_lines

SCHEME = Scheme("Stripe-Signature", time_name="t", signature_name="v1", separator=",", joint=".")

# docs.stripe.com/currencies: these have no minor unit, those three decimals. UGX and ISK have none in life and are still written with two.
WITHOUT_DECIMALS = {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
WITH_THREE_DECIMALS = {"BHD", "JOD", "KWD", "OMR", "TND"}

# What a charge of the old kind says of the card that paid it, besides the names that the screen knows.
ABOUT_CARDS = {"source", "sources", "last4", "exp_month", "exp_year", "fingerprint"}

UNPAID = _("It is not paid yet: checkout.session.async_payment_succeeded tells when it is.")
NO_LINES = _(
    "It does not say what was bought: no product code in the metadata, or one that cannot be read. Set STRIPE_API_KEY and replay, "
    "or see docs/partners/stripe.md."
)
ONE_OF_TWO = _("charge.refunded tells of the same money, and counts.")
REMARKS = {
    "refund.created": ONE_OF_TWO,
    "refund.updated": ONE_OF_TWO,
    "charge.refund.updated": ONE_OF_TWO,
    "invoice.payment_succeeded": _("invoice.paid tells of the same payment, and counts."),
    "payment_intent.succeeded": _("The checkout session tells of the same payment, and counts."),
    "charge.succeeded": _("The checkout session tells of the same payment, and counts."),
}
OF_NO_EFFECT = {
    "checkout.session.async_payment_failed": EventKind.PAYMENT_FAILED,
    "invoice.payment_failed": EventKind.PAYMENT_FAILED,
    "customer.subscription.updated": EventKind.SUBSCRIPTION_CHANGED,
    "customer.subscription.deleted": EventKind.SUBSCRIPTION_CANCELLED,
}


class Stripe(Partner):
    slug = "stripe"
    name = "Stripe"
    capabilities = Capabilities(
        signature=_("HMAC-SHA256 over time and body"),
        refund=_("whole orders; of a part staff decide; chargebacks and their reversal"),
        renewal=_("yes, by the subscription"),
    )
    checkout = Checkout(
        address="https://buy.stripe.com/{code}",
        ground=Ground.DOCUMENTED,
        source="https://docs.stripe.com/payment-links/url-parameters",
        code_shape=WORD,
        code_means=_("the last part of the payment link's address"),
        contact={"email": "prefilled_email"},
    )
    export = ExportFormat(
        {
            "order_reference": ("PaymentIntent ID",),  # `id` is the charge, by which no notification names the order
            "purchased_at": ("Created (UTC)", "Created date (UTC)"),
            "email": ("Customer Email",),
            "name": ("Customer Description",),
            "currency": ("Currency",),
            "total": ("Amount",),
            "refunded_total": ("Amount Refunded",),
            "status": ("Status",),
            "product_code": ("product_code (metadata)", "Metadata: product_code"),
            "quantity": ("quantity (metadata)", "Metadata: quantity"),
        },
        dates=("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"),
        counted=frozenset({"paid", "refunded", "partial refund", "partially refunded", "succeeded"}),
    )

    def problems(self, secrets: Sequence[str]) -> list[str]:
        found = [
            f"STRIPE_SECRETS: secret number {number} is not whsec_ and what follows it in Stripe's dashboard."
            for number, secret in enumerate(secrets, start=1)
            if not re.fullmatch(r"whsec_[!-~]{16,}", secret)
        ]
        if self.settings["tolerance"].total_seconds() <= 0:
            found.append("STRIPE_TOLERANCE_SECONDS is not more than 0.")
        if self.settings["api_key"] and not self.settings["api_key"].startswith(("sk_", "rk_")):
            found.append("STRIPE_API_KEY is neither a secret key (sk_) nor a restricted one (rk_).")
        return found

    def receive(self, notice: Notice) -> Received:
        SCHEME.signer(notice, self.secrets, self.settings["tolerance"].total_seconds())
        payload = without_old_cards(screened(with_payment_beside(decoded(notice.body))))
        return Received((Notification(self.event_of(payload, word(payload, "id", 200, needed=True)), payload),))

    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        raw_type = word(payload, "type", 100, needed=True)
        event = Event(
            kind=OF_NO_EFFECT.get(raw_type, EventKind.IGNORED),
            event_key=event_key,
            raw_type=raw_type,
            occurred_at=seconds(payload, "created"),
            test_mode=not truth(payload, "livemode"),
            remark=REMARKS.get(raw_type, ""),
        )
        if raw_type not in READERS:
            return event
        event = replace(event, **READERS[raw_type](part(part(payload, "data"), "object")))
        if event.kind == EventKind.RENEWAL:
            event = replace(event, purchased_at=event.occurred_at)
        if event.kind == EventKind.PURCHASE and not event.lines and read_back:
            event = replace(event, lines=listed_lines(read_back, decimals(event.currency)))
        return event

    def wants_read_back(self, payload: dict[str, Any]) -> bool:
        """Whether this is an order that does not say what was bought, and the key for asking is there."""
        event = self.event_of(payload, "")
        return bool(self.settings["api_key"] and event.kind == EventKind.PURCHASE and not event.lines and not event.test_mode)

    def read_back(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The lines of the checkout session: docs.stripe.com/api/checkout/sessions/line_items."""
        session = quote(self.event_of(payload, "").order_reference, safe="")
        what = f"line_items?limit={MOST_LINES}&expand[]=data.price.product"
        return ask(f"{self.settings['api']}/v1/checkout/sessions/{session}/{what}", self.settings["api_key"])


def without_old_cards(value: Any) -> Any:
    """The same (screened already, so not too deep) without what Stripe says of cards under names of its own."""
    if isinstance(value, dict):
        return {name: without_old_cards(item) for name, item in value.items() if name not in ABOUT_CARDS}
    return [without_old_cards(item) for item in value] if isinstance(value, list) else value


def with_payment_beside(payload: dict[str, Any]) -> dict[str, Any]:
    """`payment` of an invoice's payment holds two references, and goes with all that is named so: they are written beside it before."""
    told = part(part(payload, "data"), "object")
    if told.get("object") != "invoice_payment":
        return payload
    beside = {f"paid_by_{name}": reference(part(told, "payment"), name) for name in ("payment_intent", "charge")}
    return payload | {"data": {"object": {**told, **beside}}}


def reference(said: Said, name: str) -> str:
    """Another object's id, which an API version or a wish may have put in full."""
    value = said.get(name)
    return word(value, "id", 100) if isinstance(value, dict) else word(said, name, 100)


def decimals(currency: str) -> int:
    return 0 if currency in WITHOUT_DECIMALS else 3 if currency in WITH_THREE_DECIMALS else 2


def money(said: Said, name: str) -> dict[str, Any]:
    currency = needed(currency_of(said.get("currency")), "currency")
    return {"currency": currency, "total": in_minor_units(said.get(name), name, decimals(currency))}


def session_of(session: Said) -> dict[str, Any]:
    """A checkout session, with all that later notifications may name it by."""
    order = word(session, "id", needed=True)
    if word(session, "payment_status", needed=True) == "unpaid":
        return {"order_reference": order, "remark": UNPAID}
    if session.get("mode") == "setup":
        return {"order_reference": order, "remark": _("Nothing was sold: a way to pay was kept for later.")}
    return {
        "order_reference": order,
        "kind": EventKind.PURCHASE,
        "join_references": words(*(reference(session, name) for name in ("payment_intent", "subscription", "invoice"))),
        "purchased_at": seconds(session, "created"),
        "lines": lines_in(part(session, "metadata")),
        "buyer": told_contact(buyer_parts(part(session, "customer_details"))),
        "remark": NO_LINES,
        **money(session, "amount_total"),
    }


def buyer_parts(details: Said) -> dict[str, str]:
    where = part(details, "address")
    return contact_parts(
        email=details.get("email"),
        name=details.get("name") or details.get("individual_name"),
        company=details.get("business_name"),
        telephone=details.get("phone"),
        address1=where.get("line1"),
        address2=where.get("line2"),
        city=where.get("city"),
        region=where.get("state"),
        postal_code=where.get("postal_code"),
        country=where.get("country"),
    )


def invoice_of(invoice: Said) -> dict[str, Any]:
    """A paid invoice: of a further period it is a renewal; a subscription's first one leads from its payment to the checkout session."""
    said = {
        "order_reference": word(invoice, "id", needed=True),
        "join_references": words(reference(invoice, "payment_intent"), reference(invoice, "charge")),
    }
    why, within = invoice.get("billing_reason"), part(part(invoice, "parent"), "subscription_details")
    subscription = reference(invoice, "subscription") or reference(within, "subscription")
    if why == "subscription_cycle" and subscription:
        return said | {"kind": EventKind.RENEWAL, "parent_order_reference": subscription[:70], **money(invoice, "amount_paid")}
    if why == "subscription_create" and said["join_references"]:
        return said | {"kind": EventKind.REFERENCE}
    return said | {"remark": _("Neither a checkout nor a further period of a subscription.")}


def invoice_payment_of(payment: Said) -> dict[str, Any]:
    """Which payment paid an invoice: since 2025 no invoice and no charge says so."""
    references = words(word(payment, "paid_by_payment_intent", 100), word(payment, "paid_by_charge", 100))
    kind = EventKind.REFERENCE if references else EventKind.IGNORED
    return {"kind": kind, "order_reference": word(payment, "invoice", needed=True), "join_references": references}


def charge_of(charge: Said) -> dict[str, Any]:
    """What was returned of a payment, all refunds together. `refunded` says whether that is all of it."""
    return paid_by(charge, word(charge, "id", 100, needed=True)) | {
        "kind": EventKind.REFUND,
        "tells_money_alone": not truth(charge, "refunded"),
        **money(charge, "amount_refunded"),
    }


def failed_refund_of(refund: Said) -> dict[str, Any]:
    """A refund that did not arrive: the money is ours again."""
    return paid_by(refund, reference(refund, "charge")) | {
        "kind": EventKind.REFUND_REVERSED,
        "tells_money_alone": True,
        **money(refund, "amount"),
    }


def paid_by(said: Said, charge: str) -> dict[str, Any]:
    """By what its order may be known: the payment, the charge, and the invoice where it is still named."""
    references = words(reference(said, "payment_intent"), charge, reference(said, "invoice"))
    return {"order_reference": references[0][:70] if references else "", "join_references": references}


def dispute_of(kind: EventKind) -> Callable[[Said], dict[str, Any]]:
    """A payment that the buyer's bank took back, or gave back. What the bank only inquires about is still ours."""

    def read(dispute: Said) -> dict[str, Any]:
        said = paid_by(dispute, reference(dispute, "charge")) | {"tells_money_alone": True, **money(dispute, "amount")}
        status = str(dispute.get("status"))
        if status.startswith("warning"):
            return said | {"remark": _("The bank inquires: no money was taken back.")}
        return said | {"kind": kind}

    return read


def closed_dispute_of(dispute: Said) -> dict[str, Any]:
    if dispute.get("status") == "won":
        return dispute_of(EventKind.CHARGEBACK_REVERSED)(dispute)
    return paid_by(dispute, reference(dispute, "charge")) | {"remark": _("The dispute was not won: what was taken back stays so.")}


READERS: dict[str, Callable[[Said], dict[str, Any]]] = {
    "checkout.session.completed": session_of,
    "checkout.session.async_payment_succeeded": session_of,
    "invoice.paid": invoice_of,
    "invoice_payment.paid": invoice_payment_of,
    "charge.refunded": charge_of,
    "refund.failed": failed_refund_of,
    "charge.dispute.created": dispute_of(EventKind.CHARGEBACK),
    "charge.dispute.funds_withdrawn": dispute_of(EventKind.CHARGEBACK),
    "charge.dispute.closed": closed_dispute_of,
    "charge.dispute.funds_reinstated": dispute_of(EventKind.CHARGEBACK_REVERSED),
}
