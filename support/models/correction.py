"""Corrections of what is recorded (promise C18): what a customer asks for, and what was corrected."""

from functools import cached_property

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from support.models.case import Case
from support.vault import texts
from support.vault.keyring import KeyGone


class About(models.TextChoices):
    CONTACT = "contact", _("my contact data")
    PURCHASE = "purchase", _("a purchase: the name, address or e-mail address with it")
    PRODUCT = "product", _("a product: what I was given, how many units, how many downloads")
    FACT = "fact", _("a log-in, a download or another fact that was noted")
    CASE = "case", _("a support case")
    OTHER = "other", _("something else")


class CorrectionOutcome(models.TextChoices):
    WAITING = "waiting", _("waits for us")
    MADE = "made", _("corrected")
    REFUSED = "refused", _("refused, with a reason")


class CorrectionRequest(models.Model):
    """What is wrong in the customer's words, sealed under the case's key; `about` says only of what kind it is."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="correction", verbose_name=_("case"))
    about = models.CharField(_("about"), max_length=10, choices=About.choices, default=About.OTHER)
    sealed = models.TextField(editable=False)
    outcome = models.CharField(_("what came of it"), max_length=10, choices=CorrectionOutcome.choices, default=CorrectionOutcome.WAITING)

    class Meta:
        verbose_name = _("request for a correction")
        verbose_name_plural = _("requests for corrections")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"request {self.pk}"

    def seal(self, present: str, wanted: str, why: str) -> None:
        """Does not save."""
        self.sealed = texts.sealed(self.case.key_name, "correction", {"present": present, "wanted": wanted, "why": why})

    @cached_property
    def told(self) -> dict[str, str]:
        """`present`, `wanted`, `why`; all empty once it is destroyed."""
        try:
            told: dict[str, str] = texts.opened(self.case.key_name, "correction", self.sealed)
        except KeyGone:
            return {"present": "", "wanted": "", "why": ""}
        return told


class Correction(models.Model):
    """That something was corrected: of which kind, which field, when, and in which role of ours. Neither what stood there before, nor what stands now."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="corrections", verbose_name=_("customer"))
    model = models.CharField(_("record"), max_length=60, blank=True)
    field = models.CharField(_("field"), max_length=60, blank=True)
    role = models.CharField(_("corrected by"), max_length=20, blank=True)
    corrected_at = models.DateTimeField(_("corrected"), default=timezone.now)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["-corrected_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-corrected_at"], name="correction_user"),
            models.Index(fields=["corrected_at"], name="correction_age"),
        ]

    def __str__(self) -> str:
        return f"correction {self.pk}"
