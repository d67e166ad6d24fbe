"""Customers told apart by the promotions that they registered for. Registrations that wait, lapsed or were ended by staff do not count."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.audience import Audience, Choice, register
from promotions.models import Promotion, Redemption, RedemptionState

MOST = 300
"""So many are offered for choice, the latest first."""


def promotions() -> Sequence[Choice]:
    return [(str(promotion.pk), promotion.title) for promotion in Promotion.objects.shown().order_by("-pk")[:MOST]]


def registrants(chosen: Sequence[str]) -> Q:
    confirmed = Redemption.objects.filter(Q(promotion__in=chosen), state=RedemptionState.CONFIRMED)
    return Q(pk__in=confirmed.exclude(user=None).values("user"))


register(Audience("promotion", _("registered for a promotion"), promotions, registrants))
