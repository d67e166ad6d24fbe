"""Partners' notifications: rows with a state (DESIGN: the database row is the truth)."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EventState(models.TextChoices):
    RECEIVED = "received", _("received")
    WAITING = "waiting", _("waiting")
    FULFILLED = "fulfilled", _("fulfilled")
    IGNORED = "ignored", _("ignored")
    FAILED = "failed", _("failed")


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    def due(self, now: datetime) -> "WebhookEventQuerySet":
        """To be worked on now: new, or waiting and due for another look."""
        return self.filter(state__in=[EventState.RECEIVED, EventState.WAITING], next_try_at__lte=now)


class WebhookEvent(models.Model):
    """One notification, verified and without card data. `event_key` is what makes it the same notification if it comes again."""

    LONGEST_PAUSE = timedelta(hours=1)
    MOST_ATTEMPTS = 10

    partner = models.CharField(_("partner"), max_length=40)
    event_key = models.CharField(_("event key"), max_length=200)
    raw_type = models.CharField(_("partner's type"), max_length=100)
    kind = models.CharField(_("kind"), max_length=40)
    order_reference = models.CharField(_("order reference"), max_length=100, blank=True)
    test_mode = models.BooleanField(_("test"), default=False)
    payload = models.JSONField(_("payload, without card data"))
    payload_sha256 = models.CharField(_("SHA-256 of the body"), max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=EventState.choices, default=EventState.RECEIVED)
    state_reason = models.CharField(_("why"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    occurred_at = models.DateTimeField(_("occurred"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("partner's notification")
        verbose_name_plural = _("partners' notifications")
        ordering = ["-received_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["partner", "event_key"], name="webhook_event_once")]
        indexes = [
            models.Index(fields=["next_try_at"], condition=models.Q(state__in=["received", "waiting"]), name="webhook_event_due"),
            models.Index(fields=["partner", "order_reference"], name="webhook_event_order"),
            models.Index(fields=["-received_at", "-id"], name="webhook_event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.partner} {self.raw_type} {self.order_reference}"
