"""Addresses that announcements never go to again, as digests that outlive the addresses themselves (promises G3, C11)."""

from hashlib import sha256

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.addresses import address_key

PREFIX = "announcements:"


class SuppressionReason(models.TextChoices):
    REFUSED = "refused", _("wants no announcements")
    COMPLAINED = "complained", _("reported an announcement as unwanted")
    BOUNCED = "bounced", _("the mailbox does not exist")


WISHES = (SuppressionReason.REFUSED, SuppressionReason.COMPLAINED)
"""What the person wants; a mailbox that does not exist is no wish."""


def digest_of(address: str) -> str:
    """SHA-256 of the address as compared. Without a key: who refused must not be mailed again because a key was changed, or lost with a server
    (docs/decisions/suppression.md). announcements/digests.py computes the same within the database."""
    return sha256(f"{PREFIX}{address_key(address)}".encode()).hexdigest()


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def of(self, address: str) -> "SuppressionQuerySet":
        return self.filter(digest=digest_of(address))

    def wishes(self) -> "SuppressionQuerySet":
        return self.filter(reason__in=WISHES)

    def suppress(self, digest: str, reason: SuppressionReason, detail: str = "") -> bool:
        """Never again from now on; False if it stood there already for this reason. Two at once make one row: the constraint decides."""
        return self.get_or_create(digest=digest, reason=reason, defaults={"detail": detail[:300]})[1]

    def lift(self, digest: str) -> int:
        """The person wants them after all, and has shown that the mailbox is theirs; returns how many reasons fell."""
        return self.filter(digest=digest).delete()[0]


class Suppression(models.Model):
    """One reason why an address gets no announcement. No purchase and no import takes it away: the person alone does."""

    digest = models.CharField(_("digest of the address"), max_length=64, editable=False)
    reason = models.CharField(_("why"), max_length=10, choices=SuppressionReason.choices)
    detail = models.CharField(_("what the mail server said"), max_length=300, blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        ordering = ["-since", "-pk"]
        indexes = [models.Index(fields=["-since", "-id"], name="suppression_since")]
        constraints = [models.UniqueConstraint(fields=["digest", "reason"], name="suppression_once")]

    def __str__(self) -> str:
        return f"{self.digest[:8]}: {self.get_reason_display()}"
