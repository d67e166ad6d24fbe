"""Files of a case: what was attached, and what a product's wizard sent. The bytes lie in the vault, under a random name."""

from collections.abc import Iterator
from functools import cached_property
from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from support.models.case import Case
from support.models.case_message import CaseMessage
from support.vault import files, texts
from support.vault.keyring import KeyGone


class FileKind(models.TextChoices):
    ATTACHMENT = "attachment", _("attachment")
    DIAGNOSTICS = "diagnostics", _("diagnostics")


def new_name() -> str:
    return uuid4().hex


class CaseFile(models.Model):
    """`stored_as` is its name in the vault; `size` and `sha256` are of the bytes as they were sent."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="files", verbose_name=_("case"))
    message = models.ForeignKey(CaseMessage, models.CASCADE, null=True, blank=True, related_name="files", verbose_name=_("message"))
    kind = models.CharField(_("kind"), max_length=12, choices=FileKind.choices, default=FileKind.ATTACHMENT)
    stored_as = models.CharField(max_length=32, unique=True, default=new_name, editable=False)
    sealed_name = models.TextField(editable=False)
    size = models.BigIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    added_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("file of a case")
        verbose_name_plural = _("files of cases")
        ordering = ["added_at", "pk"]

    def __str__(self) -> str:
        return f"file {self.pk}"

    def seal_name(self, name: str) -> None:
        """Does not save."""
        self.sealed_name = texts.sealed(self.case.key_name, "file name", name)

    @cached_property
    def name(self) -> str:
        """What the sender called it; "" once it is destroyed."""
        try:
            return str(texts.opened(self.case.key_name, "file name", self.sealed_name))
        except KeyGone:
            return ""

    def content(self) -> Iterator[bytes]:
        """Its bytes, piece by piece. KeyGone or FileNotFoundError once it is destroyed; files.Damaged."""
        return files.content(self.case.key_name, self.stored_as)
