"""The right to a product's downloads."""

from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from downloads.models.catalogue import Product


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    def of(self, user: models.Model) -> "EntitlementQuerySet":
        """What one customer may have, newest first."""
        return self.filter(user=user).order_by("-granted_at", "-pk")

    def spend_one(self) -> int:
        """Use up one download where one remains, in one conditional statement; returns how many were spent."""
        remaining = self.filter(revoked_at=None, downloads_used__lt=models.F("downloads_allowed"))
        return remaining.update(downloads_used=models.F("downloads_used") + 1)


class Entitlement(models.Model):
    """So many units of a product, so many downloads. The counters are changed by conditional statements alone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="entitlements", verbose_name=_("customer"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="entitlements", verbose_name=_("product"))
    units = models.PositiveIntegerField(_("units"), default=1)
    units_revoked = models.PositiveIntegerField(_("units taken back"), default=0)
    downloads_per_unit = models.PositiveSmallIntegerField(_("downloads for each unit"), editable=False)
    downloads_allowed = models.PositiveIntegerField(_("downloads allowed"))
    downloads_used = models.PositiveIntegerField(_("downloads used"), default=0)
    granted_at = models.DateTimeField(_("granted"), default=timezone.now)
    revoked_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")
        ordering = ["-granted_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-granted_at", "-id"], name="entitlement_user"),
            models.Index(fields=["-granted_at", "-id"], name="entitlement_granted"),
        ]
        constraints = [models.CheckConstraint(condition=models.Q(units_revoked__lte=models.F("units")), name="entitlement_units_revoked")]

    def __str__(self) -> str:
        return f"{self.product} × {self.units}"

    @property
    def remaining(self) -> int:
        """Downloads left; nothing is left of what was taken back."""
        return 0 if self.revoked_at else max(0, self.downloads_allowed - self.downloads_used)

    @transaction.atomic
    def allow_more(self, downloads: int) -> None:
        """Add downloads to the allowance (promise C5); who did it and why belongs into the audit log."""
        User.objects.touch(self.user_id)
        type(self).objects.filter(pk=self.pk).update(downloads_allowed=models.F("downloads_allowed") + downloads)

    @transaction.atomic
    def revoke(self, units: int) -> int:
        """Take back so many units, the latest first, with their unlock codes and downloads; returns how many there were to take.

        Units already taken back are not taken twice, and downloads already taken stay counted.
        """
        entitlement = self._locked()
        units = min(units, entitlement.units - entitlement.units_revoked)
        return entitlement._move_units(units, codes_revoked_at=timezone.now())

    @transaction.atomic
    def restore(self, units: int) -> int:
        """Give back so many units that were taken back (a chargeback was reversed); returns how many."""
        entitlement = self._locked()
        return -entitlement._move_units(-min(units, entitlement.units_revoked), codes_revoked_at=None)

    def _locked(self) -> "Entitlement":
        """The row as it is now, and nobody else's until the commit."""
        User.objects.touch(self.user_id)
        return type(self).objects.select_for_update().get(pk=self.pk)

    def _move_units(self, units: int, codes_revoked_at: datetime | None) -> int:
        """Move `units` from valid to revoked (back again if negative) on a locked row, and its unlock codes with them."""
        valid = self.units - self.units_revoked
        moved = range(valid - units + 1, valid + 1) if units > 0 else range(valid + 1, valid - units + 1)
        self.units_revoked += units
        self.downloads_allowed = max(0, self.downloads_allowed - units * self.downloads_per_unit)
        self.revoked_at = timezone.now() if self.units_revoked == self.units else None
        self.save(update_fields=["units_revoked", "downloads_allowed", "revoked_at"])
        self.unlock_codes.filter(unit__in=moved).update(revoked_at=codes_revoked_at)
        return units
