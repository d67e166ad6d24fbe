"""Which digests tell persons apart, and serve nothing any more. Named in the declarations; their destroyer asks there."""

from datetime import datetime

from django.db.models import Q, QuerySet

from promotions.models import Promotion, Redemption, Registrant
from promotions.personal_data import PERSONS


def useless_counters(now: datetime) -> QuerySet[Registrant]:
    """Of promotions that were over long enough ago, and those that count nothing."""
    return Registrant.objects.filter(Q(taken=0) | Q(promotion__in=over(now)))


def counters_of_old_promotions(now: datetime) -> QuerySet[Registrant]:
    """Those of which a moment says that they are due: nobody knows since when a counter counts nothing."""
    return Registrant.objects.filter(promotion__in=over(now))


def useless_digests(now: datetime) -> QuerySet[Redemption]:
    return Redemption.objects.filter(promotion__in=over(now)).exclude(abuse_key="")


def over(now: datetime) -> QuerySet[Promotion]:
    return Promotion.objects.over_since(PERSONS.oldest(now))
