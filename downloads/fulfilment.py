"""Where a purchase and a promotion both end: account, entitlements, unlock codes, and one mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.contact import Contact
from accounts.models import User
from accounts.passwords import set_password_url
from audit.kinds import Kind
from audit.log import record
from downloads.models import Edition, Entitlement, Extension, Product, UnlockCode
from downloads.models.allowance import Actor
from mailroom.outgoing import write


@dataclass(frozen=True)
class Line:
    """So many units of a product, in an edition of it if it has any; `upgrade_months` None: as many as the product brings today."""

    product: Product
    units: int
    edition: Edition | None = None
    upgrade_months: int | None = None


@dataclass(frozen=True)
class Renewal:
    """So many units of what the customer has, paid for once more at that moment."""

    entitlement: Entitlement
    units: int
    since: datetime


@dataclass(frozen=True)
class Source:
    """Where the right comes from: `cause` is unique, such as "purchase:plimus:1234"; `title` says it to the customer, such as "your order 1234";
    `by` is who brought it."""

    cause: str
    title: str
    by: Actor = Actor.PARTNER


@dataclass(frozen=True)
class Fulfilment:
    """What came of it: one entitlement a line, in the order of the lines; and whether the account was opened by it."""

    user: User
    entitlements: list[Entitlement]
    opened: bool


@transaction.atomic
def fulfil(contact: Contact, lines: Sequence[Line], source: Source, mailed: bool = True) -> Fulfilment:
    """Open or join the account of `contact`, grant each line, issue an unlock code a unit, and write the one mail (promise G4).

    Without the mail (`mailed=False`) customers find it in their account: what was bought long ago surprises nobody in a mail.

    All or nothing, in the caller's transaction. The caller guards against doing it twice: it holds the unique row of the cause.
    """
    user, opened = User.objects.open_or_join(contact)
    record(Kind.ACCOUNT_OPENED if opened else Kind.ACCOUNT_JOINED, user=user, source=source.cause)
    User.objects.touch(user.pk)
    entitlements = [grant(user, line, source) for line in lines]
    if mailed:
        write(
            "downloads/purchase",
            to=user.email,
            cause=source.cause,
            user=user,
            opened=opened,
            source=source.title,
            entitlements=entitlements,
            set_password_url="" if user.has_usable_password() else set_password_url(user),
        )
    return Fulfilment(user, entitlements, opened)


def grant(user: User, line: Line, source: Source) -> Entitlement:
    """One entitlement with its unlock codes, and the audit events of both."""
    entitlement = Entitlement.objects.grant(user, line.product, line.edition, line.units, source.by, source.cause, line.upgrade_months)
    codes = UnlockCode.objects.issue(entitlement)
    record(Kind.ENTITLEMENT_GRANTED, user=user, entitlement=entitlement.pk, product=line.product.code, units=line.units)
    record(Kind.UNLOCK_CODE_ISSUED, user=user, entitlement=entitlement.pk, codes=len(codes))
    return entitlement


@transaction.atomic
def renew(user: User, renewals: Sequence[Renewal], source: Source, mailed: bool = True) -> list[Extension]:
    """Include new releases for longer, a renewal each in their order, and tell the customer until when; the caller guards against doing it twice."""
    User.objects.touch(user.pk)
    extensions = []
    for renewal in renewals:
        extensions.append(renewal.entitlement.extend(renewal.units, renewal.since, source.cause))
        record(Kind.UPGRADES_RENEWED, user=user, entitlement=renewal.entitlement.pk, units=renewal.units, source=source.cause)
    if mailed:
        write("downloads/renewed", to=user.email, cause=source.cause, user=user, source=source.title, extensions=fresh(extensions))
    return extensions


def fresh(extensions: Sequence[Extension]) -> list[Extension]:
    """With the entitlements as they are now."""
    return list(Extension.objects.filter(pk__in=[one.pk for one in extensions]).select_related("entitlement__product").order_by("pk"))
