"""Objections to what rests on a legitimate interest (GDPR article 21)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from support.models.case import Case


class ObjectionOutcome(models.TextChoices):
    WAITING = "waiting", _("waits for us")
    UPHELD = "upheld", _("upheld: we do it no more")
    REFUSED = "refused", _("refused, with a reason")


class Objection(models.Model):
    """What the person objects to; their reasons are the first message of the case, sealed as all that is told in it."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="objection", verbose_name=_("case"))
    purpose = models.CharField(_("to what"), max_length=40)
    outcome = models.CharField(_("what came of it"), max_length=10, choices=ObjectionOutcome.choices, default=ObjectionOutcome.WAITING)

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"objection {self.pk}"
