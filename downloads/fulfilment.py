"""Where a purchase and a promotion both end: account, entitlements, unlock codes, and one mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.contact import Contact
from accounts.models import User
from accounts.passwords import set_password_url
from audit.kinds import Kind
from audit.log import record
from downloads.models import Edition, Entitlement, Product, UnlockCode
from downloads.models.allowance import Actor
from mailroom.outgoing import write


@dataclass(frozen=True)
class Line:
    """So many units of a product, in an edition of it if it has any."""

    product: Product
    units: int
    edition: Edition | None = None


@dataclass(frozen=True)
class Source:
    """Where the right comes from: `cause` is unique, such as "purchase:plimus:1234"; `title` says it to the customer, such as "your order 1234";
    `by` is who brought it."""

    cause: str
    title: str
    by: Actor = Actor.PARTNER


@dataclass(frozen=True)
class Fulfilment:
    """What came of it: one entitlement a line, in the order of the lines."""

    user: User
    entitlements: list[Entitlement]


@transaction.atomic
def fulfil(contact: Contact, lines: Sequence[Line], source: Source) -> Fulfilment:
    """Open or join the account of `contact`, grant each line, issue an unlock code a unit, and write the one mail (promise G4).

    All or nothing, in the caller's transaction. The caller guards against doing it twice: it holds the unique row of the cause.
    """
    user, opened = User.objects.open_or_join(contact)
    record(Kind.ACCOUNT_OPENED if opened else Kind.ACCOUNT_JOINED, user=user, source=source.cause)
    User.objects.touch(user.pk)
    entitlements = [grant(user, line, source) for line in lines]
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
    return Fulfilment(user, entitlements)


def grant(user: User, line: Line, source: Source) -> Entitlement:
    """One entitlement with its unlock codes, and the audit events of both."""
    entitlement = Entitlement.objects.grant(user, line.product, line.edition, line.units, source.by, source.cause)
    codes = UnlockCode.objects.issue(entitlement)
    record(Kind.ENTITLEMENT_GRANTED, user=user, entitlement=entitlement.pk, product=line.product.code, units=line.units)
    record(Kind.UNLOCK_CODE_ISSUED, user=user, entitlement=entitlement.pk, codes=len(codes))
    return entitlement
