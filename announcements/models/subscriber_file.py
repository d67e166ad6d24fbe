"""Files with subscribers that staff bring in: looked through first, then imported, piece by piece; no line of them stays."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class FileState(models.TextChoices):
    """checking → checked → importing → done; discarded from all but done."""

    CHECKING = "checking", _("being looked through")
    CHECKED = "checked", _("looked through; nothing is imported yet")
    IMPORTING = "importing", _("being imported")
    DONE = "done", _("imported")
    DISCARDED = "discarded", _("discarded")


UNDER_WAY = (FileState.CHECKING, FileState.IMPORTING)


class SubscriberFileQuerySet(models.QuerySet["SubscriberFile"]):
    def under_way(self) -> "SubscriberFileQuerySet":
        return self.filter(state__in=UNDER_WAY).order_by("pk")

    def forgotten(self, now: datetime) -> "SubscriberFileQuerySet":
        """Looked through, and nobody wanted it imported for so long."""
        return self.filter(state=FileState.CHECKED, uploaded_at__lt=now - SubscriberFile.WAITS)


class SubscriberFile(models.Model):
    """What was in a file, in numbers: expected ones while it is looked through, and then those of what was done."""

    WAITS = timedelta(days=1)

    name = models.CharField(_("name of the file"), max_length=150, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=FileState.choices, default=FileState.CHECKING, editable=False)
    delimiter = models.CharField(max_length=1, editable=False)
    columns = models.JSONField(_("columns"), default=list, editable=False)
    rows = models.PositiveIntegerField(_("rows"), default=0, editable=False)
    next_piece = models.PositiveIntegerField(default=0, editable=False)
    looked_at = models.PositiveIntegerField(_("rows so far"), default=0, editable=False)
    new = models.PositiveIntegerField(_("new"), default=0, editable=False)
    known = models.PositiveIntegerField(_("known already"), default=0, editable=False)
    suppressed = models.PositiveIntegerField(_("left, or suppressed"), default=0, editable=False)
    refused = models.PositiveIntegerField(_("refused"), default=0, editable=False)
    refusals = models.JSONField(_("first refused lines"), default=list, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    objects = SubscriberFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of subscribers")
        verbose_name_plural = _("files of subscribers")
        ordering = ["-pk"]
        permissions = [("export_subscriberfile", "Can export subscribers")]
        indexes = [models.Index(fields=["id"], condition=models.Q(state__in=["checking", "importing"]), name="subscriber_file_under_way")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    def begin(self) -> bool:
        """Import what was looked through; False if that was begun already, or is over. The numbers are counted anew."""
        checked = SubscriberFile.objects.filter(pk=self.pk, state=FileState.CHECKED)
        return bool(checked.update(state=FileState.IMPORTING, looked_at=0, new=0, known=0, suppressed=0, refused=0, refusals=[]))

    @transaction.atomic
    def discard(self) -> bool:
        """Nothing (more) of it is imported, and its lines are destroyed. False if it is over."""
        open_ones = SubscriberFile.objects.filter(pk=self.pk, state__in=[*UNDER_WAY, FileState.CHECKED])
        discarded = bool(open_ones.update(state=FileState.DISCARDED, ended_at=timezone.now()))
        if discarded:
            self.pieces.all().delete()
        return discarded


class SubscriberFilePiece(models.Model):
    """Some lines of a file. Each is deleted in the transaction that imports it: whoever is killed goes on with the next one that is there."""

    file = models.ForeignKey(SubscriberFile, models.CASCADE, related_name="pieces", db_index=False, verbose_name=_("file"))
    number = models.PositiveIntegerField(_("number"))
    first_line = models.PositiveIntegerField(_("first line"))
    text = models.TextField(_("lines"))

    class Meta:
        verbose_name = _("piece of a file of subscribers")
        verbose_name_plural = _("pieces of files of subscribers")
        ordering = ["file", "number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="subscriber_file_piece_once")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number}"
