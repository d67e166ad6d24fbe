"""Order mails of partners, read by a profile that staff edit, and written into the site's own format (promise G4)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.contact import CONTACT_FIELDS
from mailroom.authentication import passed_dkim
from mailroom.opening import Mail
from purchases.models import EventKind, OrderMailProfile
from purchases.partners import own_format
from purchases.partners.base import MOST_LINES, Event, Refused
from purchases.partners.form_partner import mail_and_form_key
from purchases.partners.forms import amount_of, moment_of, quantity_of
from purchases.partners.money import currency_of
from purchases.partners.reading import LENGTHS
from purchases.patterns import all_found, found

TYPES = {kind: name for name, kind in own_format.KINDS.items()}
LINE_FIELDS = ("product_code", "product_name", "quantity", "unit_price")


@dataclass(frozen=True)
class OrderMail:
    """What a mail says by a profile: a payload in the site's own format, and its event."""

    payload: dict[str, Any]
    event: Event


def concerns(profile: OrderMailProfile, mail: Mail) -> bool:
    """Whether the mail is of this profile's kind, by what it says of itself."""
    return profile.is_from(mail.sender) and (not profile.subject or bool(found(f"({profile.subject})", mail.subject)))


def doubt(profile: OrderMailProfile, mail: Mail) -> str:
    """Why the mail is not believed to come from the partner; "" if it is."""
    if profile.requires_dkim and not passed_dkim(mail, profile.authserv_id, profile.dkim_domain):
        return _("No DKIM signature of %(domain)s has passed, as %(server)s says.") % {
            "domain": profile.dkim_domain,
            "server": profile.authserv_id,
        }
    secrets = [secret for recipient in mail.recipients for secret in re.findall(r"\+([0-9a-z]+)@", recipient)]
    return "" if profile.admits(secrets) else _("The secret in the recipient's address is none of this profile's.")


def read(profile: OrderMailProfile, mail: Mail) -> OrderMail:
    """What the mail says; Refused, with the name of the pattern, if it says less than it must."""
    text = text_of(mail)
    kind = EventKind(profile.kind)
    order = order_reference(profile, mail, text, kind)
    happened = date_of(profile, mail, text)
    data = {"order_reference": order} | (
        order_data(profile, text, happened) if kind == EventKind.PURCHASE else reversal_data(profile, text)
    )
    payload: dict[str, Any] = {"type": TYPES[kind], "timestamp": happened.isoformat(), "data": data}
    if profile.test and found(f"({profile.test})", text):
        payload["test"] = True
    number = found(profile.event_reference, text)[:70]
    return OrderMail(payload, own_format.read(payload, mail_and_form_key(kind.value, order, number)))


def text_of(mail: Mail) -> str:
    """What patterns are held against: the subject as a line of its own, and the text."""
    return f"Subject: {mail.subject}\n\n{mail.text}"


def order_reference(profile: OrderMailProfile, mail: Mail, text: str, kind: EventKind) -> str:
    if reference := found(profile.order_reference, text):
        return reference
    if profile.numbers_itself and kind == EventKind.PURCHASE:
        return f"mail-{mail.digest[:20]}"
    raise Refused("The order reference is not found.")


def date_of(profile: OrderMailProfile, mail: Mail, text: str) -> datetime:
    if not profile.date:
        return mail.sent_at or timezone.now()
    return moment_of(found(profile.date, text), "The date", profile.date_format, profile.utc_offset)


def money(profile: OrderMailProfile, text: str) -> dict[str, str]:
    total = amount_of(found(profile.total, text), "The total", profile.decimal_separator)
    currency = currency_of(found(profile.currency_pattern, text) or profile.currency, "The currency")
    return ({"currency": currency} if currency else {}) | ({"total": str(total)} if total is not None else {})


def order_data(profile: OrderMailProfile, text: str, happened: datetime) -> dict[str, Any]:
    buyer = {part: found(getattr(profile, part), text)[: LENGTHS[part]].strip() for part in CONTACT_FIELDS}
    return {
        "purchased_at": happened.isoformat(),
        "buyer": {"email": found(profile.email, text)} | {part: said for part, said in buyer.items() if said},
        "lines": lines_in(profile, text),
    } | money(profile, text)


def reversal_data(profile: OrderMailProfile, text: str) -> dict[str, Any]:
    """The whole order; how much was returned is told where the mail says it, for less than the price is for staff to decide."""
    said = money(profile, text)
    return {("returned" if name == "total" else name): value for name, value in said.items()}


def lines_in(profile: OrderMailProfile, text: str) -> list[dict[str, Any]]:
    """As many lines as product codes are found; whatever else is said of lines is said of each."""
    columns = {field: all_found(getattr(profile, field), text) for field in LINE_FIELDS}
    count = len(columns["product_code"])
    if not 0 < count <= MOST_LINES:
        raise Refused(f"The product code is not found, or more than {MOST_LINES} times.")
    for field, said in columns.items():
        if said and len(said) != count:
            raise Refused(f"{field} is found {len(said)} times, and the product code {count} times.")
    return [line_of(profile, {field: said[number] for field, said in columns.items() if said}, number + 1) for number in range(count)]


def line_of(profile: OrderMailProfile, said: dict[str, str], number: int) -> dict[str, Any]:
    price = amount_of(said.get("unit_price", ""), "The unit price", profile.decimal_separator)
    return {
        "line_number": number,
        "product_code": said["product_code"],
        "product_name": said.get("product_name", "")[:200],
        "quantity": quantity_of(said.get("quantity", ""), "The quantity"),
    } | ({"unit_price": str(price)} if price is not None else {})
