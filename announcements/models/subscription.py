"""Who joined the announcement group, and the proof of it (promise G3)."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from announcements.models.mailbox import Basis
from infacta.languages import languages


class SubscriptionState(models.TextChoices):
    PENDING = "pending", _("waits for the mailbox")
    CONFIRMED = "confirmed", _("belongs to the group")
    LEFT = "left", _("left")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def standing(self, email_key: str) -> "SubscriptionQuerySet":
        """What this address has now: at most one, by a constraint."""
        return self.filter(email_key=email_key).exclude(state=SubscriptionState.LEFT)

    def confirmed(self) -> "SubscriptionQuerySet":
        return self.filter(state=SubscriptionState.CONFIRMED)

    def lapsed(self, now: datetime) -> "SubscriptionQuerySet":
        """Never confirmed, and it is too late for that."""
        return self.filter(state=SubscriptionState.PENDING, asked_at__lt=now - Subscription.CONFIRMED_WITHIN)


class Subscription(models.Model):
    """One time that an address joined: what was shown, where, when, from which address of the net; then confirmed by whoever reads the mailbox."""

    CONFIRMED_WITHIN = timedelta(days=7)

    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(_("e-mail address, as compared"), max_length=254, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=SubscriptionState.choices, default=SubscriptionState.PENDING)
    basis = models.CharField(_("how they joined"), max_length=10, choices=Basis.choices, default=Basis.JOINED)
    source = models.CharField(_("where they joined"), max_length=200, blank=True)
    wording = models.CharField(_("version of the words that they saw"), max_length=40, blank=True)
    policy_version = models.CharField(_("version of the policy"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True, choices=languages)
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    confirmed_ip = models.GenericIPAddressField(_("IP address of the confirmation"), null=True, blank=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["email_key"], condition=~models.Q(state="left"), name="subscription_stands_once"),
        ]
        indexes = [
            models.Index(fields=["email_key"], name="subscription_address"),
            models.Index(fields=["asked_at"], condition=models.Q(state="pending"), name="subscription_pending"),
            models.Index(fields=["-asked_at", "-id"], name="subscription_asked"),
            models.Index(fields=["-asked_at", "-id"], condition=~models.Q(basis="joined"), name="subscription_not_joined"),
            models.Index(fields=["left_at"], condition=models.Q(state="left"), name="subscription_left"),
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.get_state_display()}"

    def confirm(self, ip: str | None) -> bool:
        """The mailbox is proved; False if it was confirmed already, has lapsed or was left."""
        now = timezone.now()
        waiting = Subscription.objects.filter(
            pk=self.pk, state=SubscriptionState.PENDING, asked_at__gte=now - Subscription.CONFIRMED_WITHIN
        )
        return bool(waiting.update(state=SubscriptionState.CONFIRMED, confirmed_at=now, confirmed_ip=ip))

    def leave(self) -> bool:
        """False if it was left already."""
        standing = Subscription.objects.filter(pk=self.pk).exclude(state=SubscriptionState.LEFT)
        return bool(standing.update(state=SubscriptionState.LEFT, left_at=timezone.now()))
