"""Secrets that partners sign with, or that stand in their address here: sealed, and never shown again."""

import hashlib
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from infacta.kept import Kept
from infacta.sealed_text import CannotOpen, opened, sealed

kept: Kept[list[str]] = Kept(seconds=5)


class PartnerSecretManager(models.Manager["PartnerSecret"]):
    def of(self, partner: str) -> list[str]:
        """The secrets of a partner, opened; one that was sealed with a lost SECRET_KEY counts no more."""
        found = []
        for row in self.filter(partner=partner):
            try:
                found.append(opened(row.sealed))
            except CannotOpen:
                continue
        return found


class PartnerSecret(models.Model):
    """One of several secrets of a partner, all of which count. `fingerprint` tells two apart and leads to neither."""

    partner = models.CharField(_("partner"), max_length=40)
    label = models.CharField(_("what it is"), max_length=100, blank=True)
    sealed = models.TextField(_("secret, sealed"), editable=False)
    fingerprint = models.CharField(_("fingerprint"), max_length=12, editable=False)
    added_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+", verbose_name=_("added by")
    )

    objects = PartnerSecretManager()

    class Meta:
        verbose_name = _("partner's secret")
        verbose_name_plural = _("partners' secrets")
        ordering = ["partner", "-added_at"]
        constraints = [models.UniqueConstraint(fields=["partner", "fingerprint"], name="partner_secret_once")]

    def __str__(self) -> str:
        return f"{self.partner}: {self.fingerprint}"

    def save(self, *args: Any, **options: Any) -> None:
        super().save(*args, **options)
        kept.clear()

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **options)
        kept.clear()
        return deleted

    def seal(self, secret: str) -> None:
        """Take over a secret; save afterwards."""
        self.sealed, self.fingerprint = sealed(secret), fingerprint(secret)


def fingerprint(secret: str) -> str:
    """Tells secrets apart: a digest under the site's own key, so that whoever reads it can try no guesses."""
    return hashlib.blake2b(secret.encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=6).hexdigest()


def stored_secrets(partner: str) -> list[str]:
    """Those from the staff area. Kept for a few seconds, for partners notify by the hundred; so long a change takes to count everywhere."""
    found = kept.get(partner)
    if found is None:
        found = PartnerSecret.objects.of(partner)
        kept.put(partner, found)
    return found
