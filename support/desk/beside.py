"""What stands beside a case: what the customer has, by constant queries. It is their record, which opens with the case as its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.holds import hold_of
from accounts.models import Hold
from downloads.models import DownloadSession, Entitlement, Release

MOST_PRODUCTS, MOST_DOWNLOADS = 20, 10


@dataclass(frozen=True)
class Beside:
    """`owned` have `latest`, the release that each would get today; there may be more of both than are shown."""

    hold: Hold | None
    owned: Sequence[Any]
    downloads: Sequence[DownloadSession]
    has_more: bool


def beside(user: Any) -> Beside:
    """Four queries, however much there is; three if nothing that they have includes a release."""
    entitlements: Any = Entitlement.objects.of(user).select_related("product", "edition").with_latest_release(timezone.now())
    owned = list(entitlements[: MOST_PRODUCTS + 1])
    numbers = {one.latest_release for one in owned if one.latest_release}
    latest = Release.objects.in_bulk(numbers)
    for one in owned:
        one.latest = latest.get(one.latest_release)
    sessions = DownloadSession.objects.of(user).select_related("file__release__product").order_by("-opened_at", "-pk")
    return Beside(hold_of(user.pk), owned[:MOST_PRODUCTS], list(sessions[:MOST_DOWNLOADS]), len(owned) > MOST_PRODUCTS)
