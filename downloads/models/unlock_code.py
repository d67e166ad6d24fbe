"""Unlock codes: one valid one for each unit bought."""

import uuid
from collections.abc import Iterable

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Hold
from downloads.models.entitlement import Entitlement
from downloads.models.revocation_list import RevocationList
from downloads.unlock_code_format import digest_of, new_code

LONGEST = 40


class AlreadyRevoked(Exception):
    """The code is revoked, so no other can be issued in its place."""


class Revocation(models.TextChoices):
    TAKEN_BACK = "taken_back", _("its unit was taken back")
    REISSUED = "reissued", _("a new code was issued in its place")


class UnlockCodeQuerySet(models.QuerySet["UnlockCode"]):
    def valid(self) -> "UnlockCodeQuerySet":
        return self.filter(revoked_at=None)

    def with_held(self) -> "UnlockCodeQuerySet":
        """With whether the account is on hold at this moment (`held`)."""
        return self.annotate(held=Hold.objects.stand_before("entitlement__user", timezone.now()))

    def issue(self, entitlement: Entitlement) -> list["UnlockCode"]:
        """One new code for each unit of a new entitlement."""
        return list(UnlockCode.objects.bulk_create(UnlockCode.new(entitlement, unit) for unit in range(1, entitlement.units + 1)))

    def first_of(self, entitlements: Iterable[Entitlement], most: int) -> dict[int, list[str]]:
        """The codes of the first units of each entitlement, by its id; none that was revoked."""
        codes: dict[int, list[str]] = {entitlement.pk: [] for entitlement in entitlements}
        valid = self.valid().filter(entitlement__in=codes.keys(), unit__lte=most).order_by("unit")
        for entitlement_id, code in valid.values_list("entitlement_id", "code"):
            codes[entitlement_id].append(code)
        return codes

    def take_back(self) -> int:
        """Revoke them with their units; returns how many were valid."""
        return self.revoke(Revocation.TAKEN_BACK)

    def revoke(self, why: Revocation) -> int:
        """Revoke those of them that are valid, in one conditional statement; returns how many. The account is locked."""
        revoked = self.valid().update(revoked_at=timezone.now(), revoked_for=why)
        if revoked:
            RevocationList.objects.count_change()
        return revoked

    def restore(self) -> int:
        """Make valid again what was taken back with its unit; returns how many. One that another code stands in for stays revoked."""
        restored = self.filter(revoked_for=Revocation.TAKEN_BACK).update(revoked_at=None, revoked_for="")
        if restored:
            RevocationList.objects.count_change()
        return restored


class UnlockCode(models.Model):
    """What unlocks the product; `unit` counts from 1 within the entitlement. A unit has one valid code, and maybe several that were replaced."""

    entitlement = models.ForeignKey(Entitlement, models.CASCADE, related_name="unlock_codes", verbose_name=_("entitlement"))
    unit = models.PositiveIntegerField(_("unit"))
    code = models.CharField(_("unlock code"), max_length=LONGEST, unique=True)
    digest = models.CharField(_("SHA-256"), max_length=64, editable=False)
    licence_id = models.UUIDField(_("licence"), default=uuid.uuid4, unique=True, editable=False)
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_for = models.CharField(_("why it was revoked"), max_length=10, choices=Revocation.choices, blank=True)
    replaces = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="replacement", verbose_name=_("issued in place of")
    )

    objects = UnlockCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("unlock code")
        verbose_name_plural = _("unlock codes")
        ordering = ["entitlement", "unit"]
        indexes = [
            models.Index(fields=["digest"], condition=models.Q(revoked_at__isnull=False), name="unlock_code_revoked"),
            models.Index(fields=["-issued_at", "-id"], name="unlock_code_issued"),
            models.Index(fields=["-issued_at", "-id"], condition=~models.Q(revoked_for=""), name="unlock_code_why_revoked"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["entitlement", "unit"], name="unlock_code_unit", condition=models.Q(revoked_at=None)),
            models.CheckConstraint(
                condition=models.Q(revoked_at=None, revoked_for="") | (models.Q(revoked_at__isnull=False) & ~models.Q(revoked_for="")),
                name="unlock_code_revoked_for",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def new(cls, entitlement: Entitlement, unit: int, replaces: "UnlockCode | None" = None) -> "UnlockCode":
        """A random code for the unit, not saved yet."""
        code = new_code(entitlement.product.unlock_prefix)
        return cls(entitlement=entitlement, unit=unit, code=code, digest=digest_of(code), replaces=replaces)

    @transaction.atomic
    def reissue(self) -> "UnlockCode":
        """Revoke this code and issue another one for its unit; AlreadyRevoked, and nothing happens, if it is not valid any more.

        The account is locked. However often it is asked at once, one conditional statement decides that it happens once.
        """
        if not UnlockCode.objects.filter(pk=self.pk).revoke(Revocation.REISSUED):
            raise AlreadyRevoked
        code = UnlockCode.new(self.entitlement, self.unit, replaces=self)
        code.save(force_insert=True)
        return code
