"""Cookies that a page tried to set without declaring them: they were stripped, and the operator must hear of it (promises G9, C12)."""

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RefusedCookieQuerySet(models.QuerySet["RefusedCookie"]):
    def count_in(self, area: str, name: str, times: int) -> None:
        """Add to the count of this cookie in this area; many at once lose none."""
        now = timezone.now()
        row = self.get_or_create(area=area, name=name[:100], defaults={"first_at": now, "last_at": now})[0]
        self.filter(pk=row.pk).update(times=F("times") + times, last_at=now)


class RefusedCookie(models.Model):
    area = models.CharField(_("area"), max_length=20)
    name = models.CharField(_("cookie"), max_length=100)
    times = models.PositiveBigIntegerField(_("how often"), default=0)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))

    objects = RefusedCookieQuerySet.as_manager()

    class Meta:
        verbose_name = _("refused cookie")
        verbose_name_plural = _("refused cookies")
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(fields=["area", "name"], name="refused_cookie_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.area})"
