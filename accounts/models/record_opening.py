"""That a member of staff may see a customer's record now, and what for (promise C15)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RecordOpeningQuerySet(models.QuerySet["RecordOpening"]):
    def in_force(self, now: datetime) -> "RecordOpeningQuerySet":
        return self.filter(open_until__gt=now)

    def close(self) -> int:
        """End those that are in force, at once; returns how many."""
        now = timezone.now()
        return self.in_force(now).update(open_until=now)


class RecordOpening(models.Model):
    """The reason that was stated before the customer's personal data opened, and until when it holds.

    One row for each member of staff and customer: the latest opening. The audit log has them all. The verbs stand in accounts/openings.py.
    """

    LIFE = timedelta(hours=1)

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="record_openings", verbose_name=_("member of staff"))
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("customer"))
    reason = models.CharField(_("what for"), max_length=200)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    open_until = models.DateTimeField(_("open until"))

    objects = RecordOpeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("opening of a record")
        verbose_name_plural = _("openings of records")
        ordering = ["-opened_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["staff", "customer"], name="record_opening_once")]
        indexes = [models.Index(fields=["staff", "open_until"], name="record_opening_staff")]

    def __str__(self) -> str:
        return f"{self.customer} ({self.opened_at:%Y-%m-%d %H:%M})"
