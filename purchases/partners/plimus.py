"""Plimus, today BlueSnap: Instant Payment Notifications, a form posted for each event.

Sources: Plimus IPN Guide (October 2009), BlueSnap's support pages (docs/ipn-setup) and BlueSnap's own shop modules. Names are
looked up whatever their case, for `productID` and `productId` both occur. Times are eight hours behind UTC, amounts look like `1,234.50`.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.contact import Contact
from infacta.network import belongs, networks
from privacy.card_data import without_card_data
from purchases.models import Channel, EventKind
from purchases.models.webhook_event import TAKING
from purchases.partners.base import (
    MOST_LINES,
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
from purchases.partners.checkouts import NUMBER, Checkout, Ground, Method
from purchases.partners.exports import ExportFormat
from purchases.partners.forms import contact_of, form_of, joined, moment_of, product_code_in, quantity_of, reference_in
from purchases.partners.money import currency_of
from purchases.partners.reading import ip_of, needed

WAYS = ("networks", "auth-key", "signature")
FROM_UTC = timedelta(hours=-8)
MOST_FIELDS = 2000
KINDS = {
    "CHARGE": EventKind.PURCHASE,
    "RECURRING": EventKind.RENEWAL,
    "REFUND": EventKind.REFUND,
    "CANCELLATION_REFUND": EventKind.REFUND_REVERSED,
    "CHARGEBACK": EventKind.CHARGEBACK,
    "CANCELLATION_CHARGEBACK": EventKind.CHARGEBACK_REVERSED,
    "CONTRACT_CHANGE": EventKind.SUBSCRIPTION_CHANGED,
    "CANCELLATION": EventKind.SUBSCRIPTION_CANCELLED,
    "CANCEL": EventKind.SUBSCRIPTION_CANCELLED,
    "CANCEL_ON_RENEWAL": EventKind.SUBSCRIPTION_CANCELLED,
    "DECLINE": EventKind.PAYMENT_FAILED,
    "CC_CHARGE_FAILED": EventKind.PAYMENT_FAILED,
    "SUBSCRIPTION_CHARGE_FAILURE": EventKind.PAYMENT_FAILED,
}  # AUTH_ONLY and AUTH_ONLY_SINGLE_CHARGE only reserve money: the CHARGE that follows is the purchase
CONTACT_NAMES = {
    "company": ("company",),
    "address1": ("address1",),
    "address2": ("address2",),
    "city": ("city",),
    "region": ("state",),
    "postal_code": ("zipcode",),
    "country": ("country",),
    "telephone": ("workphone", "mobilephone"),
    "fax": ("faxnumber",),
}


class Plimus(Partner):
    slug = "plimus"
    name = "Plimus (today BlueSnap)"
    capabilities = Capabilities(
        signature=_("HMAC-SHA256 today; a keyed MD5 or the sender's address in earlier years"),
        refund=_("whole orders; of a part of the price staff decide. Chargebacks and their reversal"),
        renewal=_("yes, by the first order's reference"),
    )
    channel = Channel.FORM
    answers_get = True  # the dashboard tries the address with an empty GET
    checkout = Checkout(
        address="https://www.plimus.com/jsp/buynow.jsp",
        ground=Ground.SEEN,
        source="published shops that post or link to BuyNow with contractId, quantity and the names of the IPN guide (2006-2014)",
        method=Method.POST,
        code_shape=NUMBER,
        code_means=_("the number of the contract (contractId)"),
        product="contractId",
        quantity="quantity",
        contact={
            "email": "email",
            "first_name": "firstName",
            "last_name": "lastName",
            "company": "companyName",
            "address1": "address1",
            "address2": "address2",
            "city": "city",
            "postal_code": "zipCode",
            "telephone": "workPhone",
        },
    )
    export = ExportFormat(
        {
            "order_reference": ("referenceNumber",),
            "purchased_at": ("transactionDate",),
            "email": ("email",),
            "name": ("name",),
            "company": ("company",),
            "currency": ("currency",),
            "total": ("invoiceAmount",),
            "product_code": ("contractId",),
            "product_name": ("contractName",),
            "quantity": ("quantity",),
            "status": ("transactionType",),
            "refunded": ("refunded",),
        },
        dates=("%m/%d/%Y %I:%M %p", "%m/%d/%Y"),
        zone=timezone(FROM_UTC),
        counted=frozenset({"charge"}),
    )

    def is_wanted(self, secrets: Sequence[str]) -> bool:
        return bool(self.settings["authentication"])

    def problems(self, secrets: Sequence[str]) -> list[str]:
        way, found = self.settings["authentication"], []
        if way not in WAYS:
            found.append(f"PLIMUS_AUTHENTICATION is {way!r}; set it to one of: {', '.join(WAYS)}.")
        if way in ("networks", "auth-key") and not self.settings["networks"]:
            found.append(f"PLIMUS_NETWORKS is empty, and PLIMUS_AUTHENTICATION={way} needs the addresses that Plimus sends from.")
        if way in ("auth-key", "signature") and not all(secrets or [""]):
            found.append(f"PLIMUS_SECRETS is empty, and PLIMUS_AUTHENTICATION={way} needs the key from Plimus's dashboard.")
        try:
            networks(tuple(self.settings["networks"]))
        except ValueError as error:
            found.append(f"PLIMUS_NETWORKS: {error}.")
        return found

    def receive(self, notice: Notice) -> Received:
        form = form_of(notice.body, most=MOST_FIELDS)
        receipt = self.receipt(notice, form)
        form.pop("authkey", None)
        payload = without_card_data(form)
        return Received((Notification(self.event_of(payload, event_key_of(payload)), payload),), receipt)

    def receipt(self, notice: Notice, form: dict[str, str]) -> bytes:
        """What the partner wants to hear, if somebody vouches for the notification; Refused if not.

        Exactly the configured way of authentication counts: a stronger one cannot be stepped around by leaving it out.
        """
        way = self.settings["authentication"]
        if way == "signature":
            self.check_signature(notice)
        elif not (notice.ip and belongs(notice.ip, self.settings["networks"])):
            raise Refused("The sender's address is in none of PLIMUS_NETWORKS.", 401)
        return self._receipt_for(form) if way == "auth-key" else b""

    def event_of(self, payload: dict[str, Any], event_key: str, read_back: dict[str, Any] | None = None) -> Event:
        raw_type = payload.get("transactiontype", "")
        kind = KINDS.get(raw_type.upper(), EventKind.IGNORED)
        is_order = kind in (EventKind.PURCHASE, EventKind.RENEWAL)
        happened = moment_of(payload.get("transactiondate", ""), "transactionDate", "%m/%d/%Y %I:%M %p", FROM_UTC)
        currency, total = price_of(payload)
        return Event(
            kind=kind,
            event_key=event_key,
            raw_type=raw_type,
            order_reference=reference_in(payload, "referencenumber"),
            parent_order_reference=reference_in(payload, "originalreferencenumber", needed=False),
            occurred_at=happened,
            test_mode=payload.get("testmode", "").upper() == "Y",
            purchased_at=happened if is_order else None,
            currency=currency,
            total=total,
            lines=lines_of(payload) if is_order else (),
            buyer=buyer_of(payload) if is_order else None,
            ip=ip_of(payload, "remoteaddress"),
            tells_money_alone=kind in TAKING,
            join_references=subscription_of(payload),
        )

    def check_signature(self, notice: Notice) -> None:
        """`bls-signature` is the hex HMAC-SHA256 of the value of `bls-ipn-timestamp`, immediately followed by the raw body."""
        timestamp, offered = notice.headers.get("bls-ipn-timestamp", ""), notice.headers.get("bls-signature", "")
        if not (timestamp and offered):
            raise Refused("bls-signature or bls-ipn-timestamp is missing.", 401)
        if abs(datetime.now(UTC) - sent_at(timestamp)) > self.settings["tolerance"]:
            raise Refused("bls-ipn-timestamp is too far away from this machine's clock. Is the clock right?", 401)
        signed = timestamp.encode() + notice.body
        expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in self.secrets]
        if not any(hmac.compare_digest(digest.encode(), offered.lower().encode()) for digest in expected):
            raise Refused("bls-signature is by none of the secrets.", 401)

    def _receipt_for(self, form: dict[str, str]) -> bytes:
        """The receipt that goes with the key whose `authKey` = md5(referenceNumber + contractId + key) is in the form; MD5 is Plimus's choice."""
        offered, what = form.get("authkey", "").lower(), form.get("referencenumber", "") + form.get("contractid", "")
        matching = [key for key in self.secrets if hmac.compare_digest(md5(what + key).encode(), offered.encode())]
        if not matching:
            raise Refused("authKey is by none of the secrets.", 401)
        return md5("OK" + matching[0]).encode()


def md5(text: str) -> str:
    return hashlib.md5(text.encode(errors="replace"), usedforsecurity=False).hexdigest()


def event_key_of(form: dict[str, str]) -> str:
    """Plimus numbers no notifications: these three tell one from another, and are the same if it is sent again."""
    key = "|".join(form.get(name, "") for name in ("transactiontype", "referencenumber", "reversalrefnum"))
    if not form.get("transactiontype") or len(form["transactiontype"]) > 100 or len(key) > 200:
        raise Refused("transactionType is missing, or the references are too long.")
    return key


def subscription_of(form: dict[str, str]) -> tuple[str, ...]:
    """By a word and its number, for orders are numbered too: a subscription must not be taken for somebody else's order of that number."""
    number = reference_in(form, "subscriptionid", needed=False)
    return (f"subscription-{number}",) if number else ()


def sent_at(timestamp: str) -> datetime:
    try:
        return datetime.strptime(timestamp, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused("bls-ipn-timestamp is not like 2023-05-15 13:02:57.878.") from error


def amount(text: str, name: str) -> Decimal | None:
    """`#,###.##`, in a refund with a minus; None if nothing is said."""
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9,]{1,13}(\.[0-9]{1,2})?", text) or not (digits := text.replace(",", "").lstrip("-")).strip("."):
        raise Refused(f"{name} is not an amount like 1,234.50.")
    if len(digits.partition(".")[0]) > 10:
        raise Refused(f"{name} is more than ten digits.")
    return abs(Decimal(digits))


def price_of(form: dict[str, str]) -> tuple[str, Decimal | None]:
    """Currency and total. The total is only kept where its currency is the order's: the 2009 format invoices in USD whatever the price was in."""
    currency = needed(currency_of(form.get("currency", "USD")), "currency")
    charged = amount(form.get("invoicechargeamount", ""), "invoiceChargeAmount")
    if charged is not None and form.get("invoicechargecurrency", "").upper() == currency:
        return currency, charged
    in_dollars = amount(form.get("invoiceamount") or form.get("invoiceamountusd", ""), "invoiceAmount")
    return currency, in_dollars if currency == "USD" else None


def lines_of(form: dict[str, str]) -> tuple[OrderLine, ...]:
    """The contract that was ordered, and those of promotions beside it, numbered from 0 by Plimus."""
    names = [{name: name for name in ("contractid", "contractname", "contractprice", "quantity")}]
    further = whole_number(form.get("promotecontractsnum") or "0", "promoteContractsNum", MOST_LINES - 1)
    for number in range(further):
        names.append({name: f"promote{'' if name.startswith('contract') else 'contract'}{name}{number}" for name in names[0]})
    lines = tuple(line_of(form, said, number) for number, said in enumerate(names, start=1))
    check_units(lines)
    return lines


def line_of(form: dict[str, str], said: dict[str, str], number: int) -> OrderLine:
    return OrderLine(
        line_number=number,
        quantity=quantity_of(form.get(said["quantity"], ""), said["quantity"]),
        product_code=product_code_in(form, said["contractid"]),
        product_name=(form.get(said["contractname"]) or form.get("productname", ""))[:200],
        unit_price=amount(form.get(said["contractprice"], ""), said["contractprice"]),
        delivery_option=form.get("shippingmethod", "")[:100],
    )


def whole_number(text: str, name: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > most:
        raise Refused(f"{name} is not a whole number up to {most}.")
    return int(text)


def buyer_of(form: dict[str, str]) -> Contact:
    parts = {part: next(filter(None, (form.get(name, "") for name in names)), "") for part, names in CONTACT_NAMES.items()}
    return contact_of(form.get("email", ""), "email", parts | {"name": joined(form, "firstname", "lastname")})
