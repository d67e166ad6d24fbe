"""A partner that is silent for longer than usual: perhaps it sells nothing, perhaps its notifications do not arrive any more.

The rule (docs/partners-operations.md): of the last 60 days the gaps between a partner's notifications are taken, at least 20 of them. All but
the longest hundredth count as usual. Whoever is silent for half as long again as the longest usual gap, and for six hours at least, is
reported, once for each silence: the unique key of the row decides, whoever sweeps at the same time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, QuerySet, Window
from django.db.models.functions import Lag

from mailroom.outgoing import write
from purchases.models import Channel, Silence, WebhookEvent
from purchases.partners.registry import PARTNERS

HISTORY = timedelta(days=60)
FEWEST = 20  # gaps: of fewer nobody can say what is usual
UNUSUAL = 100  # one gap in so many is passed over: a holiday, or an outage of last month
LENIENCE = 1.5
SHORTEST = timedelta(hours=6)
BY_PARTNER = (Channel.WEBHOOK, Channel.FORM, Channel.KEY_GENERATOR, Channel.EMAIL)


@dataclass(frozen=True)
class History:
    """A partner's notifications of the last 60 days: how many, and when the last one came."""

    partner: str
    count: int
    last_at: datetime


def notifications(now: datetime) -> QuerySet[WebhookEvent]:
    """What partners themselves sent: imports and repairs break no silence."""
    return WebhookEvent.objects.filter(received_at__gt=now - HISTORY, received_at__lte=now, channel__in=BY_PARTNER).order_by()


def histories(now: datetime) -> Iterator[History]:
    """One query for all partners."""
    rows = notifications(now).filter(partner__in=PARTNERS).values("partner").annotate(count=Count("pk"), last_at=Max("received_at"))
    yield from (History(row["partner"], row["count"], row["last_at"]) for row in rows)


def longest_usual(partner: str, gaps: int, now: datetime) -> timedelta:
    """The longest gap between two notifications, when one in a hundred is passed over."""
    since = ExpressionWrapper(
        F("received_at") - Window(Lag("received_at"), order_by=[F("received_at").asc(), F("pk").asc()]), output_field=DurationField()
    )
    rows = notifications(now).filter(partner=partner).annotate(gap=since)
    longest: timedelta = rows.order_by(F("gap").desc(nulls_last=True)).values_list("gap", flat=True)[gaps // UNUSUAL]
    return longest


def patience_with(history: History, now: datetime) -> timedelta | None:
    """How long this partner may be silent; None if nobody can say."""
    gaps = history.count - 1
    if gaps < FEWEST:
        return None
    return max(longest_usual(history.partner, gaps, now) * LENIENCE, SHORTEST)


def find_silences(now: datetime) -> int:
    """Begin a silence for whoever is silent too long; returns how many began."""
    begun = 0
    for history in histories(now):
        if now - history.last_at < SHORTEST:
            continue
        patience = patience_with(history, now)
        if patience and now - history.last_at > patience:
            begun += begin(history, patience)
    return begun


def begin(history: History, patience: timedelta) -> bool:
    """The row and its mail, in one transaction; False if it was noticed before."""
    usual = int(patience.total_seconds())
    try:
        with transaction.atomic():
            silence = Silence(partner=history.partner, since=history.last_at, usual_seconds=usual)
            silence.save(force_insert=True)
            partner = PARTNERS[history.partner]
            write(
                "purchases/silence",
                to=settings.SUPPORT_EMAIL,
                cause=f"silence:{silence.pk}",
                partner=partner,
                silence=silence,
                usual_hours=round(usual / 3600),
                is_open=partner.is_open(),
            )
    except IntegrityError:
        return False
    return True


def end_silences(now: datetime) -> int:
    """End those after which a notification came, and those of partners from whom nothing has been heard for so long that nothing is expected any more."""
    last = {history.partner: history.last_at for history in histories(now)}
    ended = 0
    for silence in Silence.objects.lasting():
        heard = last.get(silence.partner)
        if heard is None or heard > silence.since:
            ended += Silence.objects.lasting().filter(pk=silence.pk).update(ended_at=heard or now)
    return ended
