"""Download sessions: one download taken, however many requests it needs (promise C7)."""

import uuid
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from downloads.models.entitlement import Entitlement
from downloads.models.release_file import ReleaseFile


class NothingLeft(Exception):
    """The entitlement allows no further download."""


class DownloadSessionQuerySet(models.QuerySet["DownloadSession"]):
    def open(self, now: datetime) -> "DownloadSessionQuerySet":
        return self.filter(closed_at=None, valid_until__gt=now)

    @transaction.atomic
    def take(self, entitlement: Entitlement, file: ReleaseFile, ip: str | None, browser: str) -> tuple["DownloadSession", bool]:
        """The open session of this file, or a new one for which one download is spent; and whether it was spent just now.

        Double clicks and several browsers at once spend one download: the account's row is locked, and a unique
        constraint allows one open session. Raises NothingLeft, and spends nothing, if none remains.
        """
        now = timezone.now()
        User.objects.touch(entitlement.user_id)
        sessions = self.filter(entitlement=entitlement, file=file, closed_at=None)
        sessions.filter(valid_until__lte=now).update(closed_at=now)
        if begun := sessions.first():
            return begun, False
        valid_until = now + DownloadSession.LIFE
        session = self.create(entitlement=entitlement, file=file, ip=ip, browser=browser, opened_at=now, valid_until=valid_until)
        if not entitlement.spend(session):
            raise NothingLeft
        return session, True


class DownloadSession(models.Model):
    """Opened by a click, counted once, and good for any number of ranges and resumes until `valid_until`."""

    LIFE = timedelta(hours=24)

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    entitlement = models.ForeignKey(Entitlement, models.CASCADE, related_name="download_sessions", verbose_name=_("entitlement"))
    file = models.ForeignKey(ReleaseFile, models.PROTECT, related_name="download_sessions", verbose_name=_("file"))
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    valid_until = models.DateTimeField(_("valid until"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    bytes_sent = models.PositiveBigIntegerField(_("bytes sent by Python"), default=0, help_text=_("What nginx sends stands in its log."))
    returned_at = models.DateTimeField(_("given back"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    browser = models.CharField(_("browser"), max_length=300, blank=True)

    objects = DownloadSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("download session")
        verbose_name_plural = _("download sessions")
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(fields=["entitlement", "-opened_at"], name="download_entitlement"),
            models.Index(fields=["-opened_at", "-id"], name="download_opened"),
            models.Index(fields=["file", "opened_at"], name="download_file"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["entitlement", "file"], condition=models.Q(closed_at=None), name="download_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.file} ({self.opened_at:%Y-%m-%d %H:%M})"

    @property
    def is_open(self) -> bool:
        """Whether it can still be resumed, or given back."""
        return self.closed_at is None and self.valid_until > timezone.now()

    @transaction.atomic
    def give_back(self) -> bool:
        """Close an open session, and return its download; False, and nothing happens, if it is closed or its day is over.

        However often and from wherever it is asked, one conditional statement decides that it happens once.
        """
        now = timezone.now()
        User.objects.touch(self.entitlement.user_id)
        returned = DownloadSession.objects.filter(pk=self.pk).open(now).update(closed_at=now, returned_at=now)
        if returned:
            self.entitlement.take_return(self)
        return bool(returned)

    def count_bytes(self, sent: int, *, to_the_end: bool) -> None:
        """Note what was sent, and whether the file's end was among it. Complete means: the end was sent, and as many bytes as the file has."""
        if not sent:
            return
        sessions = DownloadSession.objects.filter(pk=self.pk)
        sessions.update(bytes_sent=models.F("bytes_sent") + sent)
        if to_the_end:
            sessions.filter(completed_at=None, bytes_sent__gte=self.file.size).update(completed_at=timezone.now())
