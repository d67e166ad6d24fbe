"""Unlock codes: one for each unit bought."""

from collections.abc import Iterable

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads.models.entitlement import Entitlement
from downloads.unlock_code_format import new_code


class UnlockCodeManager(models.Manager["UnlockCode"]):
    def issue(self, entitlement: Entitlement) -> list["UnlockCode"]:
        """One new code for each unit of a new entitlement."""
        prefix = entitlement.product.unlock_prefix
        return self.bulk_create(
            UnlockCode(entitlement=entitlement, unit=unit, code=new_code(prefix)) for unit in range(1, entitlement.units + 1)
        )

    def first_of(self, entitlements: Iterable[Entitlement], most: int) -> dict[int, list[str]]:
        """The codes of the first units of each entitlement, by its id; none that was revoked."""
        codes: dict[int, list[str]] = {entitlement.pk: [] for entitlement in entitlements}
        valid = self.filter(entitlement__in=codes.keys(), unit__lte=most, revoked_at=None).order_by("unit")
        for entitlement_id, code in valid.values_list("entitlement_id", "code"):
            codes[entitlement_id].append(code)
        return codes


class UnlockCode(models.Model):
    """What unlocks the product; `unit` counts from 1 within the entitlement."""

    entitlement = models.ForeignKey(Entitlement, models.CASCADE, related_name="unlock_codes", verbose_name=_("entitlement"))
    unit = models.PositiveIntegerField(_("unit"))
    code = models.CharField(_("unlock code"), max_length=40, unique=True)
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = UnlockCodeManager()

    class Meta:
        verbose_name = _("unlock code")
        verbose_name_plural = _("unlock codes")
        ordering = ["entitlement", "unit"]
        constraints = [
            models.UniqueConstraint(fields=["entitlement", "unit"], name="unlock_code_unit", condition=models.Q(revoked_at=None))
        ]

    def __str__(self) -> str:
        return self.code
