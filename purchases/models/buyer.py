"""Buyers whom a partner names by a number, and tells of in notifications of their own (Paddle)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.contact import Contact
from purchases.models.purchase import Purchase, Role


class BuyerDetailsManager(models.Manager["BuyerDetails"]):
    def learn(self, partner: str, reference: str, details: dict[str, str], occurred_at: datetime) -> None:
        """Keep what was told, unless something later was told already, in whatever order it comes."""
        known, made = self.get_or_create(
            partner=partner, reference=reference, defaults={"details": details, "occurred_at": occurred_at, "told_at": timezone.now()}
        )
        if not made:
            earlier = self.filter(pk=known.pk, occurred_at__lt=occurred_at)
            earlier.update(details=details, occurred_at=occurred_at, told_at=timezone.now())

    def contact(self, partner: str, references: Iterable[str]) -> Contact | None:
        """The buyer of these references, put together from what was told of each, and else from their last purchase; None without an address."""
        references = list(references)
        parts: dict[str, Any] = {}
        for told in self.filter(partner=partner, reference__in=references).order_by("reference"):
            parts |= {name: text for name, text in told.details.items() if text}
        if "email" not in parts and (earlier := self._last_purchase(partner, references)):
            parts = {"email": earlier.email} | earlier.contact_parts | parts
        return Contact(**parts) if "email" in parts else None

    def _last_purchase(self, partner: str, references: list[str]) -> Purchase | None:
        theirs = Purchase.objects.filter(references__partner=partner, references__reference__in=references, references__role=Role.BUYER)
        theirs = theirs.exclude(email="")  # of somebody who was erased
        return theirs.order_by("-purchased_at").first()


class BuyerDetails(models.Model):
    """A part of a buyer's contact data (the person, the address, the company), by the partner's reference of it."""

    partner = models.CharField(_("partner"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100)
    details = models.JSONField(_("contact data"))
    occurred_at = models.DateTimeField(_("as of"))
    told_at = models.DateTimeField(_("told"), default=timezone.now)

    objects = BuyerDetailsManager()

    class Meta:
        verbose_name = _("buyer's contact data")
        verbose_name_plural = _("buyers' contact data")
        ordering = ["partner", "reference"]
        constraints = [models.UniqueConstraint(fields=["partner", "reference"], name="buyer_details_once")]
        indexes = [models.Index(fields=["told_at"], name="buyer_details_told")]

    def __str__(self) -> str:
        return f"{self.partner}: {self.reference}"
