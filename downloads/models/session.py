"""Download sessions: one download taken, however many requests it needs (promise C7)."""

import uuid
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Hold, User
from downloads.models.allowance import Actor
from downloads.models.entitlement import Entitlement
from downloads.models.release_file import ReleaseFile


class NothingLeft(Exception):
    """The entitlement allows no further download."""


LITTLE = 1_000_000  # bytes
HARDLY_SENT = models.Q(returned_at=None, completed_at=None, bytes_sent__lt=LITTLE, requests_ended=models.F("requests_begun"))
"""Not complete, and certainly little: every request that was let in has told what it sent. Of those that nginx answered its log tells;
of those that an object store answers nobody does."""


class DownloadSessionQuerySet(models.QuerySet["DownloadSession"]):
    def of(self, user: models.Model) -> "DownloadSessionQuerySet":
        """Those of one customer."""
        return self.filter(entitlement__user=user)

    def open(self, now: datetime) -> "DownloadSessionQuerySet":
        return self.filter(closed_at=None, valid_until__gt=now)

    def hardly_sent(self, now: datetime) -> "DownloadSessionQuerySet":
        """Downloads whose day is over, and of which certainly less than a megabyte and less than a hundredth was sent.

        An empty file has no hundredth. What was refunded, or belongs to an account on hold, has nothing to be given back to.
        """
        over = self.filter(HARDLY_SENT, valid_until__lte=now - DownloadSession.AT_REST)
        held = Hold.objects.stand_before("entitlement__user", now)
        return over.filter(~held, file__size__gt=models.F("bytes_sent") * 100, entitlement__revoked_at=None)

    @transaction.atomic(savepoint=False)
    def take(self, entitlement: Entitlement, file: ReleaseFile, ip: str | None, browser: str) -> tuple["DownloadSession", bool]:
        """The open session of this file, or a new one for which one download is spent; and whether it was spent just now.

        Double clicks and several browsers at once spend one download: the account's row is locked, and a unique
        constraint allows one open session. Raises NothingLeft, and spends nothing, if none remains.
        """
        now = timezone.now()
        User.objects.touch(entitlement.user_id)
        if begun := self.filter(entitlement=entitlement, file=file, closed_at=None).first():
            if begun.valid_until > now:
                return begun, False
            self.filter(pk=begun.pk).update(closed_at=now)
        valid_until = now + DownloadSession.LIFE
        session = self.create(entitlement=entitlement, file=file, ip=ip, browser=browser, opened_at=now, valid_until=valid_until)
        if not entitlement.spend(session):
            raise NothingLeft
        return session, True


class DownloadSession(models.Model):
    """Opened by a click, counted once, and good for any number of ranges and resumes until `valid_until`."""

    LIFE = timedelta(hours=24)
    # In hand after `valid_until`, for clocks that differ, and for a request that was let in at the last moment.
    AT_REST = timedelta(hours=1)

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    # Both have an index below that begins with them.
    entitlement = models.ForeignKey(
        Entitlement, models.CASCADE, related_name="download_sessions", db_index=False, verbose_name=_("entitlement")
    )
    file = models.ForeignKey(ReleaseFile, models.PROTECT, related_name="download_sessions", db_index=False, verbose_name=_("file"))
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    valid_until = models.DateTimeField(_("valid until"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    bytes_sent = models.PositiveBigIntegerField(
        _("bytes sent"), default=0, help_text=_("By nginx: once its log was imported. By an object store: not known.")
    )
    end_sent = models.BooleanField(_("the file's end was sent"), default=False, db_default=False)
    # Rows from before these were counted have a request that never ended, for nobody knows what became of theirs.
    requests_begun = models.PositiveIntegerField(_("requests let in"), default=0, db_default=1)
    requests_ended = models.PositiveIntegerField(_("requests whose end is known"), default=0, db_default=0)
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
            models.Index(fields=["ip"], name="download_ip"),
            models.Index(fields=["opened_at"], condition=models.Q(returned_at=None, completed_at=None), name="download_not_complete"),
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

    @transaction.atomic
    def give_back_unsent(self, reason: str) -> bool:
        """Return the download of one of `hardly_sent`; False, and nothing happens, if it is none (any more).

        Looked at under the account's lock: no hold, refund or give-back comes between this look and the statement that decides.
        """
        now = timezone.now()
        User.objects.touch(self.entitlement.user_id)
        if not DownloadSession.objects.hardly_sent(now).filter(pk=self.pk).exists():
            return False
        same = DownloadSession.objects.filter(HARDLY_SENT, pk=self.pk, bytes_sent=self.bytes_sent)
        returned = same.update(closed_at=Coalesce("closed_at", now), returned_at=now)
        if returned:
            self.entitlement.take_return(self, Actor.SITE, reason)
        return bool(returned)

    @property
    def is_known(self) -> bool:
        """Whether every request that was let in has told what it sent, so that `bytes_sent` is all there was."""
        return self.requests_ended == self.requests_begun

    @property
    def sent_in_words(self) -> str:
        """How far the download came, as a customer reads it: "complete", "41.0 MB of 200.0 MB"; "" where that is not known."""
        if self.completed_at:
            return gettext("complete")
        if not self.is_known:
            return ""
        sizes = {"sent": filesizeformat(min(self.bytes_sent, self.file.size)), "size": filesizeformat(self.file.size)}
        return gettext("%(sent)s of %(size)s") % sizes

    def begin_request(self) -> None:
        """A request for bytes of the file is let in. Whoever sends them tells of its end: `count_bytes`, or nginx's log."""
        DownloadSession.objects.filter(pk=self.pk).update(requests_begun=models.F("requests_begun") + 1)

    def count_bytes(self, sent: int, *, to_the_end: bool) -> None:
        """A request has ended: note what was sent, and whether the file's end was among it.

        Complete means: the end was sent, by whichever of several connections, and as many bytes as the file has.
        """
        sessions = DownloadSession.objects.filter(pk=self.pk)
        counted = {"bytes_sent": models.F("bytes_sent") + sent, "requests_ended": models.F("requests_ended") + 1}
        sessions.update(**counted | ({"end_sent": True} if to_the_end else {}))
        sessions.filter(completed_at=None, end_sent=True, bytes_sent__gte=self.file.size).update(completed_at=timezone.now())
