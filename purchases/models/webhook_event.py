"""Partners' notifications: rows with a state (docs/architecture.md: the database row is the truth)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """What a notification means to us, whatever the partner calls it."""

    PURCHASE = "purchase", _("purchase")
    RENEWAL = "renewal", _("renewal")
    REFUND = "refund", _("refund")
    REFUND_REVERSED = "refund_reversed", _("refund reversed")
    CHARGEBACK = "chargeback", _("chargeback")
    CHARGEBACK_REVERSED = "chargeback_reversed", _("chargeback reversed")
    SUBSCRIPTION_CHANGED = "subscription_changed", _("subscription changed")
    SUBSCRIPTION_CANCELLED = "subscription_cancelled", _("subscription cancelled")
    PAYMENT_FAILED = "payment_failed", _("payment failed")
    REFERENCE = "reference", _("further reference of an order")
    CONTACT_UPDATE = "contact_update", _("the buyer's contact data")
    IGNORED = "ignored", _("of no interest")


TAKING = (EventKind.REFUND, EventKind.CHARGEBACK)
GIVING_BACK = {EventKind.REFUND_REVERSED: EventKind.REFUND, EventKind.CHARGEBACK_REVERSED: EventKind.CHARGEBACK}


class Channel(models.TextChoices):
    """How a notification came."""

    WEBHOOK = "webhook", _("notification")
    FORM = "form", _("form")
    KEY_GENERATOR = "key_generator", _("request for unlock codes")
    EMAIL = "email", _("order mail")
    MANUAL = "manual", _("import")
    RECONCILE = "reconcile", _("reconciliation")


IN_OUR_FORMAT = (Channel.EMAIL, Channel.MANUAL, Channel.RECONCILE)
"""Whatever the partner, the payload of these is in the site's own format."""


class EventState(models.TextChoices):
    RECEIVED = "received", _("received")
    WAITING = "waiting", _("waiting")
    FULFILLED = "fulfilled", _("fulfilled")
    IGNORED = "ignored", _("ignored")
    FAILED = "failed", _("failed")


OPEN = (EventState.RECEIVED, EventState.WAITING)


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    def due(self, now: datetime) -> "WebhookEventQuerySet":
        """To be worked on now: new, or waiting and due for another look."""
        return self.filter(state__in=OPEN, next_try_at__lte=now)

    def claim(self, pk: int, now: datetime) -> "WebhookEvent | None":
        """One due row, locked until the transaction ends; None if it is not due, or another worker has it.

        SQLite has no row locks and needs none: its transactions begin IMMEDIATE.
        """
        return self.due(now).select_for_update(skip_locked=True).filter(pk=pk).first()

    def handled_before(self, moment: datetime) -> "WebhookEventQuerySet":
        """Dealt with, one way or the other, before `moment`; what is still open is never among them."""
        return self.filter(state__in=[EventState.FULFILLED, EventState.IGNORED], handled_at__lt=moment)

    def waiting_for_code(self, partner: str, code: str) -> "WebhookEventQuerySet":
        return self.filter(partner=partner, state=EventState.WAITING, unknown_code=code)

    def hurry(self, partner: str, references: Iterable[str]) -> int:
        """What waited for one of these references is looked at now; returns how many.

        One that another worker has in hand is left to it: waiting for its lock while it waits for ours would be a deadlock.
        """
        awaiting = AwaitedReference.objects.filter(partner=partner, reference__in=references).values("event")
        free = self.filter(pk__in=awaiting, state__in=OPEN).select_for_update(skip_locked=True)
        return self.filter(pk__in=[row.pk for row in free]).update(next_try_at=timezone.now())

    def replayable(self) -> "WebhookEventQuerySet":
        return self.filter(state__in=[EventState.WAITING, EventState.FAILED])

    def replay(self) -> int:
        """Put open or failed notifications in front of the workers again; returns how many."""
        return self.replayable().update(
            state=EventState.RECEIVED, state_reason="", failures=0, looks=0, next_try_at=timezone.now(), handled_at=None
        )

    def close(self, reason: str) -> int:
        """Staff have seen to it: nothing is left to do for open or failed notifications; returns how many."""
        return self.replayable().update(state=EventState.IGNORED, state_reason=reason[:300], unknown_code="", handled_at=timezone.now())


class WebhookEvent(models.Model):
    """One notification, verified and without card data. `event_key` is what makes it the same notification if it comes again."""

    LONGEST_PAUSE = timedelta(hours=1)
    MOST_FAILURES = 10

    partner = models.CharField(_("partner"), max_length=40)
    channel = models.CharField(_("how it came"), max_length=20, choices=Channel.choices, default=Channel.WEBHOOK)
    event_key = models.CharField(_("event key"), max_length=200)
    raw_type = models.CharField(_("partner's type"), max_length=100)
    kind = models.CharField(_("kind"), max_length=40, choices=EventKind.choices)
    order_reference = models.CharField(_("order reference"), max_length=70, blank=True)
    parent_order_reference = models.CharField(_("first order's reference"), max_length=70, blank=True)
    test_mode = models.BooleanField(_("test"), default=False)
    payload = models.JSONField(_("payload, without card data"))
    payload_sha256 = models.CharField(_("SHA-256 of the payload"), max_length=64)
    read_back = models.JSONField(_("what the partner's own records say, without card data"), null=True, blank=True)
    is_waived = models.BooleanField(_("granted without the product that it upgrades"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=EventState.choices, default=EventState.RECEIVED)
    state_reason = models.CharField(_("why"), max_length=300, blank=True)
    unknown_code = models.CharField(_("unknown product code"), max_length=100, blank=True)
    looks = models.PositiveSmallIntegerField(_("looks in vain"), default=0)
    failures = models.PositiveSmallIntegerField(_("failures"), default=0)
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
            models.Index(fields=["handled_at"], condition=models.Q(state__in=["fulfilled", "ignored"]), name="webhook_event_handled"),
            models.Index(
                fields=["-received_at", "-id"],
                condition=~models.Q(state="fulfilled")
                | ~models.Q(channel="webhook")
                | ~models.Q(kind="purchase")
                | models.Q(test_mode=True),
                name="webhook_event_rare",
            ),
            models.Index(fields=["unknown_code"], condition=~models.Q(unknown_code=""), name="webhook_event_unknown"),
        ]

    def __str__(self) -> str:
        return f"{self.partner} {self.raw_type} {self.order_reference}"

    def fulfilled(self) -> None:
        self._settle(EventState.FULFILLED, "")

    def ignore(self, reason: str) -> None:
        """Nothing is to be done, and why."""
        self._settle(EventState.IGNORED, reason)

    def fail(self, reason: str) -> None:
        """Given up until staff replay it."""
        self._settle(EventState.FAILED, reason)

    def wait(self, reason: str, unknown_code: str = "", awaiting: Iterable[str] = ()) -> None:
        """Something is missing that may come: look again later, at first soon and then once an hour, or when one of the references comes."""
        self.looks = min(self.looks + 1, 1000)
        self.unknown_code = unknown_code
        awaited = [AwaitedReference(event=self, partner=self.partner, reference=reference) for reference in awaiting]
        AwaitedReference.objects.bulk_create(awaited, ignore_conflicts=True)
        self._look_again(reason, self.looks)

    def failed_once(self, reason: str) -> None:
        """An attempt broke: try again later, and give up after MOST_FAILURES."""
        self.failures += 1
        if self.failures >= self.MOST_FAILURES:
            self.fail(reason)
        else:
            self._look_again(reason, self.failures)

    def _look_again(self, reason: str, times: int) -> None:
        self.state, self.state_reason = EventState.WAITING, reason[:300]
        self.next_try_at = timezone.now() + min(timedelta(seconds=2 ** min(times, 12)), self.LONGEST_PAUSE)
        self.save(update_fields=["state", "state_reason", "unknown_code", "looks", "failures", "next_try_at"])

    def _settle(self, state: EventState, reason: str) -> None:
        self.state, self.state_reason, self.unknown_code, self.handled_at = state, reason[:300], "", timezone.now()
        self.save(update_fields=["state", "state_reason", "unknown_code", "failures", "handled_at"])
        self.awaited.all().delete()


class AwaitedReference(models.Model):
    """What a waiting notification waits for: an order, or a buyer, by the partner's reference."""

    event = models.ForeignKey(WebhookEvent, models.CASCADE, related_name="awaited", verbose_name=_("notification"))
    partner = models.CharField(_("partner"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100)

    class Meta:
        verbose_name = _("awaited reference")
        verbose_name_plural = _("awaited references")
        ordering = ["pk"]
        indexes = [models.Index(fields=["partner", "reference"], name="awaited_reference")]
        constraints = [models.UniqueConstraint(fields=["event", "reference"], name="awaited_reference_once")]

    def __str__(self) -> str:
        return self.reference
