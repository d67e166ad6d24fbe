"""A report of all personal data, as it lies sealed for seven days: its key and its file bear the same random name (rights/report/safe.py)."""

import secrets
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rights.models.subject_request import SubjectRequest, digest


def new_name() -> str:
    return secrets.token_hex(16)


class ReportFileQuerySet(models.QuerySet["ReportFile"]):
    def ready(self, now: datetime) -> "ReportFileQuerySet":
        """Those that can be fetched."""
        return self.filter(valid_until__gt=now, destroyed_at=None)

    def lapsed(self, now: datetime) -> "ReportFileQuerySet":
        """Past their time, or of a request that is over without them; and still there."""
        abandoned = models.Q(valid_until=None, request__ended_at__isnull=False)
        return self.filter(models.Q(valid_until__lte=now) | abandoned, destroyed_at=None)

    def behind(self, token: str, now: datetime) -> "ReportFile | None":
        """The report that the link of a mail leads to; None if there is none, or its time is over."""
        return (
            self.ready(now).filter(token_digest=digest(token)).exclude(token_digest="").select_related("request").first() if token else None
        )


class ReportFile(models.Model):
    """One a request. The row is there before key and file are, so whatever bears a name that no row has is nobody's, and goes.

    `made_at` and `valid_until` are empty until it is whole. `token_digest` is of the link that somebody without an account gets. `size` and `sha256` are of
    what the person fetches.
    """

    LIFE = timedelta(days=7)

    request = models.OneToOneField(SubjectRequest, models.CASCADE, related_name="report", verbose_name=_("request"))
    name = models.CharField(max_length=32, unique=True, default=new_name, editable=False)
    token_digest = models.CharField(max_length=64, blank=True, editable=False)
    size = models.BigIntegerField(_("size"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    valid_until = models.DateTimeField(_("can be fetched until"), null=True, blank=True)
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, blank=True)

    objects = ReportFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["valid_until"], condition=models.Q(destroyed_at=None), name="report_file_there")]

    def __str__(self) -> str:
        return f"report {self.pk}"

    @property
    def is_ready(self) -> bool:
        return bool(self.valid_until and self.valid_until > timezone.now() and not self.destroyed_at)

    @property
    def saved_as(self) -> str:
        """What a browser saves it as."""
        return f"personal-data-{self.made_at:%Y-%m-%d}.zip"
