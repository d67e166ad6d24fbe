"""Holds: an account stopped, reversibly or for good, with a reason, and with a way to appeal (promises C4, C19)."""

from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.appeals import keepers


class HoldEnd(models.TextChoices):
    LIFTED = "lifted", _("lifted")
    EXPIRED = "expired", _("expired")


class HoldQuerySet(models.QuerySet["Hold"]):
    def in_force(self, now: datetime) -> "HoldQuerySet":
        """Neither lifted nor expired; a closed account's hold stays in force."""
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now), ended_at=None)

    def stand_before(self, owner: str, now: datetime) -> models.Exists:
        """Whether the account that `owner` leads to is on hold, for a query of other rows: "entitlement__user", for instance."""
        return models.Exists(self.in_force(now).filter(user=models.OuterRef(owner)))

    def expired(self, now: datetime) -> "HoldQuerySet":
        """Past their end, and not yet noted as ended."""
        return self.filter(ended_at=None, expires_at__lte=now)

    def appealed(self) -> "HoldQuerySet":
        """Those whose customers wrote to support, and nobody has decided yet."""
        return self.filter(pk__in=Appeal.objects.filter(destroyed_at=None).values("hold"), ended_at=None)


class Hold(models.Model):
    """While it is in force nobody logs in and nothing is downloaded. `closed_at`: the account is stopped for good.

    The verbs stand in accounts/holds.py, for each of them also ends log-ins, writes to the audit log, and mails.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="holds", verbose_name=_("customer"))
    reason = models.TextField(_("reason, for staff"))
    text = models.TextField(_("text for the customer"))
    evidence = models.JSONField(_("evidence"), default=list, blank=True)
    placed_at = models.DateTimeField(_("placed"), default=timezone.now)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("placed by")
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    closed_at = models.DateTimeField(_("account closed"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end = models.CharField(_("how it ended"), max_length=10, choices=HoldEnd.choices, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    end_reason = models.TextField(_("why it ended"), blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["-placed_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user"], condition=models.Q(ended_at=None), name="hold_once")]
        indexes = [
            models.Index(fields=["user", "-placed_at"], name="hold_user"),
            models.Index(fields=["expires_at"], condition=models.Q(ended_at=None), name="hold_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.placed_at:%Y-%m-%d %H:%M})"

    @property
    def is_automatic(self) -> bool:
        """Placed by a detector, and by nobody of the staff."""
        return self.placed_by_id is None

    @cached_property
    def words_of_appeals(self) -> dict[int, str]:
        """What is left of what the customer wrote, by the numbers of the appeals (accounts/appeals.py)."""
        return {number: text for keeper in keepers for number, text in keeper.words_of(self).items()}


class Appeal(models.Model):
    """That a customer on hold wrote to support. The words lie where the matter is worked on (accounts/appeals.py), and are destroyed when the hold
    ends (promise G8); `text` holds those that were written before that was so. `words_digest` is keyed, and tells whether the same form came twice.
    """

    hold = models.ForeignKey(Hold, models.CASCADE, related_name="appeals", verbose_name=_("hold"))
    text = models.TextField(_("text"), blank=True)
    words_digest = models.CharField(max_length=64, blank=True, editable=False)
    written_at = models.DateTimeField(_("written"), default=timezone.now)
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, blank=True)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"appeal {self.pk}"

    @property
    def words(self) -> str:
        """What the customer wrote; "" once it is destroyed."""
        return "" if self.destroyed_at else self.text or self.hold.words_of_appeals.get(self.pk, "")


def digest_of_words(hold: Hold, text: str) -> str:
    """What tells the same words to the same hold again, and leads nobody back to them without this site's key."""
    return salted_hmac("accounts.appeal", f"{hold.pk}:{text}", algorithm="sha256").hexdigest()
