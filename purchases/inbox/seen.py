"""What there is of an order and its buyer at a moment of a dry run, and in words what differs between two such moments."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.addresses import address_key
from accounts.models import User
from downloads.models import Entitlement, UnlockCode
from mailroom.models import OutgoingMail
from purchases.models import BuyerDetails, Purchase, PurchaseReference, WebhookEvent
from purchases.partners.base import Event


@dataclass(frozen=True)
class Had:
    """What somebody has of a product at a moment."""

    title: str
    units: int
    downloads: int
    until: datetime | None
    codes: int


@dataclass(frozen=True)
class Seen:
    """By number: accounts, orders, what the accounts have, and the mails to them; and what is known of the buyer and the order besides."""

    accounts: dict[int, str]
    orders: dict[int, str]
    contacts: dict[int, dict[str, str]]
    had: dict[int, Had]
    mails: dict[int, str]
    told: dict[str, Any]
    references: frozenset[str]


def seen(row: WebhookEvent, event: Event) -> Seen:
    """Everything that this notification could change. The rows of the order and of its accounts alone are read."""
    names = [name for name in (event.order_reference, event.parent_order_reference, *event.join_references) if name]
    orders = list(Purchase.objects.known_as(row.partner, names).select_related("user").distinct())
    buyers = [reference for reference in (*event.buyer_references, event.buyer_part and event.buyer_part.reference) if reference]
    told = BuyerDetails.objects.filter(partner=row.partner, reference__in=buyers)
    contact = event.buyer or BuyerDetails.objects.contact(row.partner, buyers)
    ours = Q(pk__in=[order.user_id for order in orders])
    accounts = dict(User.objects.filter(ours | Q(email_key=address_key(contact.email)) if contact else ours).values_list("pk", "email"))
    return Seen(
        accounts=accounts,
        orders={order.pk: in_words(order) for order in orders},
        contacts={order.pk: order.contact_parts for order in orders},
        had=had_by(accounts),
        mails={mail.pk: f"“{mail.subject}” → {mail.to}" for mail in OutgoingMail.objects.filter(user__in=accounts).only("subject", "to")},
        told={one.reference: one.details for one in told},
        references=frozenset(PurchaseReference.objects.filter(purchase__in=orders).values_list("reference", flat=True)),
    )


def in_words(order: Purchase) -> str:
    price = f", {order.currency} {order.total}" if order.total is not None else ""
    return f"{order.order_reference}{price}"


def had_by(accounts: dict[int, str]) -> dict[int, Had]:
    owned = list(Entitlement.objects.filter(user__in=accounts).select_related("product", "edition"))
    valid = UnlockCode.objects.valid().filter(entitlement__in=owned).values_list("entitlement", flat=True)
    codes = Counter(valid)
    return {
        one.pk: Had(
            title=f"{one.product} ({one.edition.name})" if one.edition else str(one.product),
            units=one.units_left,
            downloads=one.downloads_allowed,
            until=one.upgrades_until,
            codes=codes[one.pk],
        )
        for one in owned
    }


def differences(before: Seen, after: Seen, waiting: int) -> list[str]:
    """A sentence for each difference, in the order in which somebody would ask."""
    sentences = [*of_accounts(before, after), *of_orders(before, after), *of_belongings(before, after), *of_buyer(before, after)]
    sentences += [_("A mail would be written: %(mail)s.") % {"mail": mail} for pk, mail in after.mails.items() if pk not in before.mails]
    if waiting:
        text = ngettext(
            "%d notification that waits for it would be looked at again.",
            "%d notifications that wait for it would be looked at again.",
            waiting,
        )
        sentences.append(text % waiting)
    return sentences


def of_accounts(before: Seen, after: Seen) -> Iterator[str]:
    opened = [email for pk, email in after.accounts.items() if pk not in before.accounts]
    yield from (_("An account would be opened for %(email)s.") % {"email": email} for email in opened)
    if after.orders.keys() - before.orders.keys() and not opened:
        joined = ", ".join(sorted(after.accounts.values()))
        yield _("It would join the account of %(email)s.") % {"email": joined}


def of_orders(before: Seen, after: Seen) -> Iterator[str]:
    for pk, words in after.orders.items():
        if pk not in before.orders:
            yield _("The order would be recorded: %(order)s.") % {"order": words}
        elif after.contacts[pk] != before.contacts[pk]:
            yield _("The contact data of the order %(order)s would be completed.") % {"order": words}
    further = after.references - before.references
    if further and not after.orders.keys() - before.orders.keys():
        yield _("The order would be known by these references too: %(references)s.") % {"references": ", ".join(sorted(further))}


def of_buyer(before: Seen, after: Seen) -> Iterator[str]:
    for reference, details in after.told.items():
        if before.told.get(reference) != details:
            yield _("The buyer's contact data would be kept under %(reference)s.") % {"reference": reference}


def of_belongings(before: Seen, after: Seen) -> Iterator[str]:
    for pk, now in after.had.items():
        then = before.had.get(pk, Had(now.title, 0, 0, now.until, 0))
        yield from moved(now.title, now.units - then.units, now.codes - then.codes)
        if now.until != then.until:
            yield _("New releases of %(product)s would be included until %(day)s.") % {"product": now.title, "day": day_of(now.until)}
        if now.downloads != then.downloads:
            change = f"{now.downloads - then.downloads:+d}"
            yield _("Downloads of %(product)s: %(change)s.") % {"product": now.title, "change": change}


def moved(title: str, units: int, codes: int) -> Iterator[str]:
    """Units that came or went, and their unlock codes."""
    if units > 0:
        yield _("Granted: %(units)d × %(product)s.") % {"units": units, "product": title}
    elif units < 0:
        yield _("Taken back: %(units)d × %(product)s.") % {"units": -units, "product": title}
    if codes > 0:
        yield ngettext("%(codes)d unlock code would be valid.", "%(codes)d unlock codes would be valid.", codes) % {"codes": codes}
    elif codes < 0:
        yield ngettext("%(codes)d unlock code would be revoked.", "%(codes)d unlock codes would be revoked.", -codes) % {"codes": -codes}


def day_of(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "DATE_FORMAT") if moment else _("without end")
