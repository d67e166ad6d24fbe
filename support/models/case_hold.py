"""What keeps a closed case from being destroyed: a suspicion of fraud, with its reason, who had it, and when it ends."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from support.models.case import Case


class CaseHoldQuerySet(models.QuerySet["CaseHold"]):
    def in_force(self, now: datetime) -> "CaseHoldQuerySet":
        return self.filter(lifted_at=None, until__gt=now)


class CaseHold(models.Model):
    """While one is in force the case is not destroyed. It ends by itself: `until` is never empty, and lies a year ahead at most."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="holds", verbose_name=_("case"))
    reason = models.TextField(_("reason"))
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("placed by"))
    placed_at = models.DateTimeField(_("placed"), default=timezone.now)
    until = models.DateTimeField(_("until"))
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    objects = CaseHoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold on a case")
        verbose_name_plural = _("holds on cases")
        ordering = ["-placed_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["case"], condition=models.Q(lifted_at=None), name="case_hold_once")]

    def __str__(self) -> str:
        return f"hold {self.pk}"
