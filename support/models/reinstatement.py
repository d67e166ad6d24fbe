"""Cases in which a customer on hold asks to be let in again (promise C19)."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Hold
from support.models.case import Case


class Reinstatement(models.Model):
    """Which hold the case is about. All that the customer writes about that hold while nobody has decided is one case."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="reinstatement", verbose_name=_("case"))
    hold = models.ForeignKey(Hold, models.CASCADE, related_name="reinstatements", verbose_name=_("hold"))
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("request for reinstatement")
        verbose_name_plural = _("requests for reinstatement")
        ordering = ["-asked_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["hold"], condition=models.Q(decided_at=None), name="reinstatement_once")]

    def __str__(self) -> str:
        return f"request {self.pk}"
