"""That a member of staff may see a customer's record now, and what for (promise C15)."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RecordOpening(models.Model):
    """The reason that was stated before the customer's personal data opened, and until when it holds."""

    LIFE = timedelta(hours=1)

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="record_openings", verbose_name=_("member of staff"))
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("customer"))
    reason = models.CharField(_("what for"), max_length=200)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    open_until = models.DateTimeField(_("open until"))

    class Meta:
        verbose_name = _("opening of a record")
        verbose_name_plural = _("openings of records")
        ordering = ["-opened_at", "-pk"]
        indexes = [models.Index(fields=["staff", "open_until"], name="record_opening_staff")]

    def __str__(self) -> str:
        return f"{self.customer} ({self.opened_at:%Y-%m-%d %H:%M})"
