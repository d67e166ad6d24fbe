"""When each destroyer last ran, and what came of it: one row a destroyer."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

TRIES = 3
BROKEN = ~Q(problem="") | Q(tries__gte=TRIES)
"""It broke, or whoever had it in hand was killed again and again."""


class RetentionRunQuerySet(models.QuerySet["RetentionRun"]):
    def wrong(self, silent_since: datetime) -> "RetentionRunQuerySet":
        """Those that failed, did not come back, left something that is overdue, or were not through since then."""
        return self.filter(BROKEN | Q(overdue__gt=0) | Q(ended_at__lt=silent_since))


class RetentionRun(models.Model):
    """`began_at` of the last try, `ended_at` of the last one that came to its end; `rows` and `seconds` are of that.

    `problem` is what broke the last try, without its words; "" if it did not break. `tries` counts those that came to no end, in a row. `left`: it
    ended because its time was over. `overdue` rows were there still when it had ended. While `lease_until` has not come, a worker has it in hand.
    """

    LEASE = timedelta(minutes=10)

    destroyer = models.CharField(_("destroyer"), max_length=150, unique=True)
    began_at = models.DateTimeField(_("began"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    seconds = models.FloatField(_("seconds"), default=0)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    left = models.BooleanField(_("not through"), default=False)
    overdue = models.PositiveBigIntegerField(_("overdue"), default=0)
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    tries = models.PositiveIntegerField(_("tries in a row that came to no end"), default=0)
    lease_until = models.DateTimeField(null=True, editable=False)

    objects = RetentionRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run of a destroyer")
        verbose_name_plural = _("runs of destroyers")
        ordering = ["destroyer"]

    def __str__(self) -> str:
        return self.destroyer

    @property
    def is_broken(self) -> bool:
        return bool(self.problem) or self.tries >= TRIES
