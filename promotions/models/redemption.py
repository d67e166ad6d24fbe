"""Registrations: a use that is held, then confirmed by whoever reads the mailbox, or lapsed."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.contact import Contact, ContactData
from downloads.models import Entitlement
from promotions.models.code import PromoCode
from promotions.models.promotion import Promotion
from promotions.people import PERSON_LENGTH


class RedemptionState(models.TextChoices):
    HELD = "held", _("waits for the mailbox")
    CONFIRMED = "confirmed", _("confirmed")
    LAPSED = "lapsed", _("lapsed")
    ENDED = "ended", _("ended by staff")
    REFUSED = "refused", _("turned away: as many as one person may")


class Registrant(models.Model):
    """How many registrations one person has in a promotion, by the key in which variants of an address fold into one.

    The key is pseudonymous, and no less personal for that: it goes when it serves nothing (promotions.tasks.purge_persons).
    """

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="registrants", verbose_name=_("promotion"))
    abuse_key = models.CharField(_("person"), max_length=64)
    taken = models.PositiveSmallIntegerField(_("registrations"), default=0)

    class Meta:
        verbose_name = _("registrant")
        verbose_name_plural = _("registrants")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["promotion", "abuse_key"], name="registrant_once")]

    def __str__(self) -> str:
        return self.abuse_key[:8]


class RedemptionQuerySet(models.QuerySet["Redemption"]):
    def standing(self, promotion: Promotion, email_key: str) -> "RedemptionQuerySet":
        """What this address has in the promotion, the latest first."""
        mine = self.filter(promotion=promotion, email_key=email_key, state__in=[RedemptionState.HELD, RedemptionState.CONFIRMED])
        return mine.order_by("-pk")

    def had(self) -> "RedemptionQuerySet":
        """Those that held a place at some time: nobody who was turned away."""
        return self.exclude(state=RedemptionState.REFUSED)

    def lapsing(self, now: datetime) -> "RedemptionQuerySet":
        return self.filter(state=RedemptionState.HELD, held_until__lte=now)


class Redemption(ContactData):
    """The use of a code by one person: held until the mailbox is proved, for an hour."""

    HOLD = timedelta(hours=1)

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="redemptions", verbose_name=_("promotion"))
    code = models.ForeignKey(PromoCode, models.PROTECT, related_name="redemptions", verbose_name=_("code"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="redemptions", verbose_name=_("customer")
    )
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(_("e-mail address, as compared"), max_length=254, editable=False)
    abuse_key = models.CharField(_("person"), max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=RedemptionState.choices, default=RedemptionState.HELD)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    policy_version = models.CharField(_("version of the policy"), max_length=40)
    held_at = models.DateTimeField(_("registered"), default=timezone.now)
    held_until = models.DateTimeField(_("held until"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    is_disposable = models.BooleanField(_("disposable address"), default=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )
    end_reason = models.TextField(_("why it was ended, for staff"), blank=True)
    end_text = models.TextField(_("what the customer was told"), blank=True)

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["-held_at", "-pk"]
        permissions = [("end_redemption", "Can end registrations"), ("export_redemption", "Can export registrations")]
        indexes = [
            models.Index(fields=["promotion", "email_key"], name="redemption_address"),
            models.Index(fields=["email_key"], name="redemption_email"),
            models.Index(fields=["held_until"], condition=models.Q(state="held"), name="redemption_lapsing"),
            models.Index(fields=["promotion", "-held_at", "-id"], name="redemption_promotion"),
            models.Index(fields=["-held_at", "abuse_key"], name="redemption_person"),
            models.Index(fields=["abuse_key"], name="redemption_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.promotion}: {self.get_state_display()}"

    @property
    def person(self) -> str:
        """What tells in the audit log and on pages of staff whether two are one person, and names nobody; "" once the promotion is long over."""
        return self.abuse_key[:PERSON_LENGTH]

    @property
    def has_lapsed(self) -> bool:
        """Whether the place is free again, swept already or not."""
        return self.state == RedemptionState.LAPSED or (self.state == RedemptionState.HELD and self.held_until <= timezone.now())

    @property
    def contact(self) -> Contact:
        return Contact(email=self.email, **self.contact_parts)


class RedemptionItem(models.Model):
    """What a registration gave: the entitlement of one product. It goes with the account, and keeps nothing from going with it."""

    redemption = models.ForeignKey(Redemption, models.CASCADE, related_name="items", verbose_name=_("registration"))
    entitlement = models.OneToOneField(Entitlement, models.RESTRICT, related_name="redemption_item", verbose_name=_("entitlement"))
    units_taken_back = models.PositiveIntegerField(_("units taken back"), default=0, editable=False)

    class Meta:
        verbose_name = _("product of a registration")
        verbose_name_plural = _("products of registrations")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.entitlement)
