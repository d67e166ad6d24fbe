"""What was taken back from a purchase, and given back again: a ledger that is only added to."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from purchases.models.purchase import Purchase, PurchaseItem
from purchases.models.webhook_event import GIVING_BACK, TAKING, EventKind


class ReversalQuerySet(models.QuerySet["Reversal"]):
    def of(self, purchase: Purchase, kind: EventKind) -> "ReversalQuerySet":
        return self.filter(item__purchase=purchase, kind=kind)

    def units_refunded(self, item: PurchaseItem) -> int:
        """Units of the line that refunds and chargebacks claim today: a function of the whole ledger, whatever order it was written in."""
        claimed = dict.fromkeys(TAKING, 0)
        for row in sorted(self.filter(item=item), key=Reversal.in_order):
            if row.kind in GIVING_BACK:
                taking = GIVING_BACK[EventKind(row.kind)]
                claimed[taking] -= min(claimed[taking], item.quantity if row.units is None else row.units)
            else:
                units = item.quantity if row.units is None else row.units
                claimed[EventKind(row.kind)] = min(item.quantity, claimed[EventKind(row.kind)] + units)
        return min(item.quantity, sum(claimed.values()))


class Reversal(models.Model):
    """One notification claims so many units of a line: money that is returned twice is no second unit, whoever returned it.

    A chargeback that is won gives back what chargebacks claim, and no refund.
    """

    item = models.ForeignKey(PurchaseItem, models.CASCADE, related_name="reversals", verbose_name=_("line"))
    kind = models.CharField(_("kind"), max_length=40, choices=EventKind.choices)
    units = models.PositiveIntegerField(_("units"), null=True, blank=True, help_text=_("Empty: all of the line."))
    occurred_at = models.DateTimeField(_("occurred"), default=timezone.now)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)

    objects = ReversalQuerySet.as_manager()

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        ordering = ["recorded_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} × {self.units or self.item.quantity}"

    def in_order(self) -> tuple[datetime, bool]:
        """When it happened, and of the same moment: what was taken before what was given back."""
        return self.occurred_at, self.kind in GIVING_BACK
