"""Looking for orders that are claimed from many addresses; what is found is reported down (accounts/matters.py)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import matters
from accounts.detectors import Sign
from accounts.detectors.base import reached
from accounts.matters import Matter
from support.digests import BEGINNING, ORDERS
from support.login_help.detectors import ORDER_CLAIMED
from support.models import LoginHelpRequest
from support.models.login_help import REFUSED, names_order


def watch() -> int:
    """Look once, and report what there is; returns how many signs are new or have newer evidence. It may run twice at a time."""
    return sum(matters.report(ORDER_CLAIMED, *one) for one in claimed(timezone.now()))


def matter_of(order: str) -> Matter:
    """`order` is the beginning of its digest."""
    return Matter(f"{ORDERS}:{order}", _("order %(order)s") % {"order": order[:8]})


def claimed(now: datetime) -> Iterator[tuple[Matter, Sign]]:
    """Orders that were named from so many addresses since staff last decided about them."""
    since = now - ORDER_CLAIMED.window
    after = Q()
    for key, moment in matters.decided_at(ORDER_CLAIMED).items():
        if moment >= since:
            after |= names_order(key.rpartition(":")[2]) & Q(asked_at__lte=moment)
    named: Any = LoginHelpRequest.objects.filter(asked_at__gte=since).exclude(order_digest="").exclude(after).order_by()
    counts = named.values("order_digest").annotate(
        requests=Count("pk"),
        addresses=Count("address_digest", distinct=True),
        refused=Count("pk", filter=REFUSED),
        first=Min("asked_at"),
        last=Max("asked_at"),
    )
    for row in counts.filter(addresses__gte=ORDER_CLAIMED.least):
        yield matter_of(row["order_digest"][:BEGINNING]), sign_of(row)


def sign_of(row: dict[str, Any]) -> Sign:
    said = _("Within %(days)d days %(requests)d requests for help with the log-in named this order, from %(addresses)d addresses.") % {
        "days": ORDER_CLAIMED.window.days,
        "requests": row["requests"],
        "addresses": row["addresses"],
    }
    evidence = {"claiming_requests": row["requests"], "claiming_addresses": row["addresses"], "claims_refused": row["refused"]}
    return Sign(reached(ORDER_CLAIMED.addresses, row["addresses"]), said, evidence, row["first"], row["last"])
