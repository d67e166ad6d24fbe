"""Where a purchase and a promotion both end: account, entitlements, unlock codes, and one mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db import transaction

from accounts.contact import Contact
from accounts.models import User
from accounts.passwords import set_password_url
from audit.kinds import Kind
from audit.log import fact, record, record_all
from audit.models import AuditEvent
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
class Granted:
    """What one line brought: the entitlement, and its unlock codes in the order of the units."""

    entitlement: Entitlement
    codes: list[UnlockCode]


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
    user, opened = User.objects.open_or_join_locked(contact)
    granted = [grant(user, line, source) for line in lines]
    joined = fact(Kind.ACCOUNT_OPENED if opened else Kind.ACCOUNT_JOINED, user=user, source=source.cause)
    record_all([joined, *chain.from_iterable(map(facts_of, granted))])
    if mailed:
        write(
            "downloads/purchase",
            to=user.email,
            cause=source.cause,
            user=user,
            opened=opened,
            source=source.title,
            granted=granted,
            set_password_url="" if user.has_usable_password() else set_password_url(user),
        )
    return Fulfilment(user, [one.entitlement for one in granted], opened)


def grant(user: User, line: Line, source: Source) -> Granted:
    """One entitlement with its unlock codes."""
    entitlement = Entitlement.objects.grant(user, line.product, line.edition, line.units, source.by, source.cause, line.upgrade_months)
    return Granted(entitlement, UnlockCode.objects.issue(entitlement))


def facts_of(granted: Granted) -> list[AuditEvent]:
    """What the audit log tells of it."""
    one, codes = granted.entitlement, len(granted.codes)
    return [
        fact(Kind.ENTITLEMENT_GRANTED, user=one.user, entitlement=one.pk, product=one.product.code, units=one.units),
        fact(Kind.UNLOCK_CODE_ISSUED, user=one.user, entitlement=one.pk, codes=codes),
    ]


@transaction.atomic
def renew(user: User, renewals: Sequence[Renewal], source: Source, mailed: bool = True) -> list[Extension]:
    """Include new releases for longer, a renewal each in their order, and tell the customer until when; the caller guards against doing it twice."""
    User.objects.touch(user.pk)
    user.refresh_from_db(fields=["email", "erased_at"])  # it is locked since: nobody is written to who was erased a moment before
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
