"""What purchases tell staff's home: orders by partner, notifications that wait or failed, and partners that are silent."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from infacta.figures import MONITOR, Counted, Figure, Listed, Reading, Series, Standing, by_hour, oldest, register
from purchases.models import EventState, Purchase, Silence, WebhookEvent
from purchases.partners.registry import PARTNERS

PREFIX = "purchases."
NOTIFICATIONS = "admin:purchases_webhookevent_changelist"


def series() -> Sequence[Series]:
    return [
        Series(f"{PREFIX}{slug}", partner.name, Listed("admin:purchases_purchase_changelist", "recorded_at", (("partner", slug),)))
        for slug, partner in PARTNERS.items()
    ]


def count(begin: datetime, end: datetime) -> Iterable[Counted]:
    rows = by_hour(Purchase.objects.all(), "recorded_at", begin, end, named_by="partner")
    return ((f"{PREFIX}{partner}", hour, times) for partner, hour, times in rows)


def of_state(state: EventState) -> Standing:
    def read(now: datetime) -> Reading:
        return oldest(WebhookEvent.objects.filter(state=state), "received_at")

    failed = state == EventState.FAILED
    title = _("Partners' notifications that failed") if failed else _("Partners' notifications that wait")
    listed = Listed(NOTIFICATIONS, only=(("state__exact", state.value),))
    return Standing(f"notifications-{state.value}", title, MONITOR, listed, read, is_wrong=failed, position=40 if failed else 41)


def silent(now: datetime) -> Reading:
    return oldest(Silence.objects.lasting().filter(partner__in=PARTNERS), "since")


register(
    Figure(
        slug="purchases",
        title=_("Purchases"),
        about=_(
            "Orders that were recorded, by partner: when they came here, which may be later than they were made. From the purchases themselves."
        ),
        permission=MONITOR,
        series=series,
        count=count,
        position=10,
    ),
    of_state(EventState.FAILED),
    of_state(EventState.WAITING),
    Standing(
        "silent-partners",
        _("Silent partners"),
        MONITOR,
        Listed("admin:purchases_webhookevent_partners"),
        silent,
        is_wrong=True,
        position=25,
    ),
)
