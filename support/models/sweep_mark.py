"""When a sweep was last through: so that one that no worker runs is noticed."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SweepMarkQuerySet(models.QuerySet["SweepMark"]):
    def passed(self, name: str, now: datetime) -> None:
        """The sweep was through just now."""
        self.update_or_create(name=name, defaults={"ended_at": now})

    def claim(self, name: str, now: datetime, *, since: datetime, abandoned: datetime) -> bool:
        """Whether this worker does it: nobody was through since then, and nobody who began after `abandoned` is at it."""
        self.get_or_create(name=name)
        to_do = Q(ended_at=None) | Q(ended_at__lt=since)
        free = Q(began_at=None) | Q(began_at__lt=abandoned) | Q(ended_at__gte=models.F("began_at"))
        return bool(self.filter(to_do & free, name=name).update(began_at=now))


class SweepMark(models.Model):
    name = models.CharField(_("name"), max_length=40, unique=True)
    began_at = models.DateTimeField(_("began"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = SweepMarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("mark of a sweep")
        verbose_name_plural = _("marks of sweeps")

    def __str__(self) -> str:
        return self.name
