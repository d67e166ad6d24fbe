"""When each sweep of infacta/schedule.py was last through: one that no worker runs, or that fails each time, is noticed."""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

NOTED_EVERY = timedelta(minutes=1)


class SweepRunQuerySet(models.QuerySet["SweepRun"]):
    def passed(self, task: str, now: datetime) -> None:
        """It was through just now. Written once a minute at most, whatever number of workers there is."""
        if not self.filter(task=task).exclude(ended_at__gt=now - NOTED_EVERY).update(ended_at=now):
            self.get_or_create(task=task, defaults={"first_at": now, "ended_at": now})

    def failed(self, task: str, now: datetime, problem: str) -> None:
        """It broke: by the name of the error alone, for its words may hold what somebody told us."""
        self.update_or_create(
            task=task,
            defaults={"failed_at": now, "problem": problem[:100]},
            create_defaults={"task": task, "first_at": now, "failed_at": now, "problem": problem[:100]},
        )


class SweepRun(models.Model):
    task = models.CharField(_("sweep"), max_length=100, primary_key=True)
    first_at = models.DateTimeField(_("watched since"))
    ended_at = models.DateTimeField(_("last through"), null=True)
    failed_at = models.DateTimeField(_("last failed"), null=True)
    problem = models.CharField(_("error"), max_length=100, blank=True)

    objects = SweepRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run of a sweep")
        verbose_name_plural = _("runs of sweeps")
        ordering = ["task"]

    def __str__(self) -> str:
        return self.task

    @property
    def is_broken(self) -> bool:
        """Whether it failed when it ran last."""
        return self.failed_at is not None and (self.ended_at is None or self.failed_at > self.ended_at)
