"""What staff's home shows, counted beforehand: numbers of hours and of now, and nothing of anybody (docs/staff-home.md)."""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class HourFigureQuerySet(models.QuerySet["HourFigure"]):
    def old(self, now: datetime) -> "HourFigureQuerySet":
        """What is kept no longer."""
        return self.filter(hour__lt=now - HourFigure.KEPT)


class HourFigure(models.Model):
    """How often something happened within the hour that begins at `hour`. Where nothing happened there is no row."""

    KEPT = timedelta(days=400)  # thirteen months: a year, and the same month of the year before

    name = models.CharField(_("figure"), max_length=80)
    hour = models.DateTimeField(_("hour"))
    times = models.PositiveIntegerField(_("how often"))

    objects = HourFigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("figure of an hour")
        verbose_name_plural = _("figures of hours")
        ordering = ["name", "hour"]
        constraints = [models.UniqueConstraint(fields=["name", "hour"], name="hour_figure_once")]
        indexes = [models.Index(fields=["hour"], name="hour_figure_hour")]

    def __str__(self) -> str:
        return f"{self.name} ({self.hour:%Y-%m-%d %H:%M})"


class FigureRun(models.Model):
    """How far a figure is counted: every hour from `counted_from` until `counted_until`, as it was at `counted_until`."""

    figure = models.CharField(_("figure"), max_length=40, primary_key=True)
    counted_from = models.DateTimeField(_("counted from"))
    counted_until = models.DateTimeField(_("counted until"))

    class Meta:
        verbose_name = _("count of a figure")
        verbose_name_plural = _("counts of figures")
        ordering = ["figure"]

    def __str__(self) -> str:
        return self.figure


class StandingNumber(models.Model):
    """A number of now, as it was at `read_at`."""

    name = models.CharField(_("what"), max_length=40, primary_key=True)
    number = models.PositiveBigIntegerField(_("number"))
    of = models.PositiveBigIntegerField(_("of how many"), null=True)
    since = models.DateTimeField(_("since"), null=True)
    read_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("number of now")
        verbose_name_plural = _("numbers of now")
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name}: {self.number}"
