"""Renewals of the right to new releases."""

from datetime import datetime

from dateutil.relativedelta import relativedelta
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from downloads.models.allowance import Actor, Change
from downloads.models.entitlement import Entitlement


class Extension(models.Model):
    """A renewal of so many units of an entitlement. It counts for new releases as long as it covers all units that are left."""

    entitlement = models.ForeignKey(Entitlement, models.CASCADE, related_name="extensions", verbose_name=_("entitlement"))
    units = models.PositiveIntegerField(_("units"))
    units_refunded = models.PositiveIntegerField(_("units refunded"), default=0)
    months = models.PositiveSmallIntegerField(_("months of upgrades"), null=True, blank=True, help_text=_("Empty: without end."))
    since = models.DateTimeField(_("renewed"))
    is_absorbed = models.BooleanField(_("counted in an end that staff chose"), default=False)

    class Meta:
        verbose_name = _("renewal")
        verbose_name_plural = _("renewals")
        ordering = ["entitlement", "since", "pk"]
        constraints = [models.CheckConstraint(condition=models.Q(units_refunded__lte=models.F("units")), name="extension_units_refunded")]

    def __str__(self) -> str:
        return f"{self.units} × {self.months}"

    @property
    def units_left(self) -> int:
        return self.units - self.units_refunded

    def continued(self, until: datetime | None) -> datetime | None:
        """The end of the upgrades with this renewal, which begins where the period before it ends, or when it was paid; None: without end."""
        if until is None or self.months is None:
            return None
        return max(until, self.since) + relativedelta(months=self.months)

    @transaction.atomic
    def set_refunded(self, units: int, reason: str = "") -> int:
        """Partners claim that so many units in all of the renewal are refunded; returns how many more than before (negative: fewer)."""
        entitlement = self.entitlement.locked()
        extension = entitlement.extensions.get(pk=self.pk)
        before, extension.units_refunded = extension.units_refunded, min(units, extension.units)
        gone = extension.units_refunded - before
        extension.save(update_fields=["units_refunded"])
        entitlement.move_downloads(Change.TAKEN_BACK if gone > 0 else Change.RESTORED, -gone, Actor.PARTNER, reason)
        entitlement.count_upgrades()
        return gone
