"""Deliveries: one announcement to one mailbox, once. The database is the queue; docs/decisions/sending.md tells the algorithm."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from announcements.models.announcement import Announcement
from announcements.models.mailbox import Basis, Mailbox


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("waits")
    CLAIMED = "claimed", _("taken by a worker")
    SENDING = "sending", _("on the wire")
    SENT = "sent", _("sent")
    RETRY = "retry", _("tried again later")
    FAILED = "failed", _("failed")
    SKIPPED = "skipped", _("skipped")
    UNKNOWN = "unknown", _("unknown: the connection ended before the mail server answered")


WAITING = (DeliveryState.PENDING, DeliveryState.RETRY)
IN_HAND = (DeliveryState.CLAIMED, DeliveryState.SENDING)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self, now: datetime) -> "DeliveryQuerySet":
        return self.filter(state__in=WAITING, next_try_at__lte=now)

    def abandoned(self, now: datetime) -> "DeliveryQuerySet":
        """In the hands of a worker that did not report back in time."""
        return self.filter(state__in=IN_HAND, lease_until__lte=now)


class Delivery(models.Model):
    """What became of it. Kept until its declared retention ends: who received what."""

    LEASE = timedelta(minutes=5)

    announcement = models.ForeignKey(
        Announcement, models.CASCADE, related_name="deliveries", db_index=False, verbose_name=_("announcement")
    )
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="deliveries", verbose_name=_("mailbox"))
    basis = models.CharField(_("why it goes there"), max_length=10, choices=Basis.choices)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.CharField(max_length=32, blank=True, editable=False)
    answer = models.CharField(_("the relay's answer, or why it was skipped"), max_length=300, blank=True)
    settled_at = models.DateTimeField(_("when"), null=True, editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["announcement", "mailbox"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["announcement", "next_try_at"], condition=models.Q(state__in=["pending", "retry"]), name="delivery_waiting"
            ),
            models.Index(fields=["lease_until"], condition=models.Q(state__in=["claimed", "sending"]), name="delivery_in_hand"),
            # What staff look for among a million that were sent; those are not in it, so that sending pays nothing for it.
            models.Index(
                fields=["announcement", "state", "-id"],
                condition=models.Q(state__in=["failed", "skipped", "unknown"]),
                name="delivery_not_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} → {self.mailbox_id}"


class Relay(models.Model):
    """When a relay may be given the next mails (GCRA): one row a relay, moved by one statement a grant."""

    name = models.CharField(_("relay"), max_length=100, primary_key=True)
    free_at = models.DateTimeField(_("free at"), default=timezone.now)

    class Meta:
        verbose_name = _("relay")
        verbose_name_plural = _("relays")

    def __str__(self) -> str:
        return self.name
