"""Partners who are silent for longer than they usually are."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SilenceQuerySet(models.QuerySet["Silence"]):
    def lasting(self) -> "SilenceQuerySet":
        return self.filter(ended_at=None)


class Silence(models.Model):
    """One silence of a partner: since its last notification, noticed once, until the next one comes."""

    partner = models.CharField(_("partner"), max_length=40)
    since = models.DateTimeField(_("last notification"))
    usual_seconds = models.PositiveIntegerField(_("silent at most, as a rule (seconds)"))
    noticed_at = models.DateTimeField(_("noticed"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = SilenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("silence of a partner")
        verbose_name_plural = _("silences of partners")
        ordering = ["-noticed_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["partner", "since"], name="silence_once")]
        indexes = [models.Index(fields=["partner"], condition=models.Q(ended_at=None), name="silence_lasting")]

    def __str__(self) -> str:
        return f"{self.partner} ({self.since:%Y-%m-%d %H:%M})"
