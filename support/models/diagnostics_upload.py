"""What a product's wizard is sending: sealed from the first byte, under the key that becomes the case's; gone in a day if it does not come whole."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from support.models.case import Case
from support.models.case_file import new_name
from support.vault import files, texts

TOKEN = 32  # bytes; twice as many hexadecimal digits stand in the address of an upload


def new_token() -> str:
    return secrets.token_hex(TOKEN)


class DiagnosticsUploadQuerySet(models.QuerySet["DiagnosticsUpload"]):
    def behind(self, token: str, now: datetime) -> "DiagnosticsUpload | None":
        """The upload that this token opens, if its time is not over."""
        return self.filter(token_digest=digest_of_token(token), until__gt=now).select_related("case").first()

    def pending(self, now: datetime) -> "DiagnosticsUploadQuerySet":
        """What is still being sent."""
        return self.filter(case=None, until__gt=now)

    def whole(self, since: datetime) -> "DiagnosticsUploadQuerySet":
        """All of it came, before then, and still there is no case: whoever received the end was stopped."""
        return self.filter(case=None, received=models.F("size"), written_at__lt=since)

    def lapsed(self, now: datetime) -> "DiagnosticsUploadQuerySet":
        return self.filter(until__lte=now).order_by("until", "pk")

    def move(self, upload: "DiagnosticsUpload", received: int, stored: int) -> bool:
        """Note how much has come, if nobody else did; `upload` knows it then too."""
        here = self.filter(pk=upload.pk, case=None, received=upload.received)
        if not here.update(received=received, stored=stored, written_at=timezone.now()):
            return False
        upload.received, upload.stored = received, stored
        return True


class DiagnosticsUpload(models.Model):
    """`received` bytes of `size` have come, and take `stored` bytes on the disk. Once there is a case, the key and the file are the case's."""

    LIFE = timedelta(hours=24)

    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    key_name = models.CharField(max_length=32, unique=True, editable=False)
    stored_as = models.CharField(max_length=32, unique=True, default=new_name, editable=False)
    sealed_details = models.TextField(editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("customer"))
    network_digest = models.CharField(max_length=64, editable=False)
    size = models.BigIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    received = models.BigIntegerField(_("received"), default=0)
    stored = models.BigIntegerField(default=0, editable=False)
    case = models.OneToOneField(Case, models.CASCADE, null=True, related_name="diagnostics_upload", verbose_name=_("case"))
    written_at = models.DateTimeField(_("last written"), default=timezone.now)
    until = models.DateTimeField(_("lapses"))

    objects = DiagnosticsUploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload of diagnostics")
        verbose_name_plural = _("uploads of diagnostics")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["until"], name="diagnostics_until"),
            models.Index(fields=["network_digest"], condition=models.Q(case=None), name="diagnostics_network"),
        ]

    def __str__(self) -> str:
        return f"upload {self.pk}"

    def seal_details(self, told: dict[str, Any]) -> None:
        """Does not save."""
        self.sealed_details = texts.sealed(self.key_name, "diagnostics upload", told)

    @property
    def told(self) -> dict[str, Any]:
        """What was told with it, as docs/diagnostics.schema.json says. KeyGone."""
        told: dict[str, Any] = texts.opened(self.key_name, "diagnostics upload", self.sealed_details)
        return told

    def content(self) -> Iterator[bytes]:
        """What has come until now, piece by piece. KeyGone; FileNotFoundError; files.Damaged."""
        return files.content(self.key_name, self.stored_as)

    @property
    def is_whole(self) -> bool:
        return bool(self.received == self.size)


def digest_of_token(token: str) -> str:
    """What the database holds of it, for the token alone opens the upload."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
