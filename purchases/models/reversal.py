"""What was taken back from a purchase, and given back again: a ledger that is only added to."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from purchases.models.purchase import Purchase, PurchaseItem
from purchases.models.webhook_event import GIVING_BACK, EventKind


class ReversalQuerySet(models.QuerySet["Reversal"]):
    def of(self, purchase: Purchase, kind: EventKind) -> "ReversalQuerySet":
        return self.filter(item__purchase=purchase, kind=kind)

    def outstanding(self, item: PurchaseItem, taking: EventKind) -> int:
        """Units that refunds (or chargebacks) took from the line and nobody gave back yet."""
        giving_back = next(back for back, taken in GIVING_BACK.items() if taken == taking)
        sums = self.filter(item=item).aggregate(
            taken=models.Sum("units", filter=models.Q(kind=taking), default=0),
            given=models.Sum("units", filter=models.Q(kind=giving_back), default=0),
        )
        return sums["taken"] - sums["given"]


class Reversal(models.Model):
    """So many units of a line, by one notification. A chargeback that is won gives back what that chargeback took, and no refund."""

    item = models.ForeignKey(PurchaseItem, models.CASCADE, related_name="reversals", verbose_name=_("line"))
    kind = models.CharField(_("kind"), max_length=40, choices=EventKind.choices)
    units = models.PositiveIntegerField(_("units"))
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)

    objects = ReversalQuerySet.as_manager()

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        ordering = ["recorded_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} × {self.units}"
