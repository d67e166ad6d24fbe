"""What a night's reconciliation found: whether rows, keys and files of cases belong together."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Reconciliation(models.Model):
    """`stray_…`: what no live case names, destroyed. `returned_keys` of them belonged to cases that are destroyed: somebody restored them.

    `stuck`: what no live case names and cannot be removed, or is too much to be believed. `keyless_cases` and `missing_files`: rows whose key or file is gone, with
    the numbers of the first cases in `damaged`.
    """

    began_at = models.DateTimeField(_("began"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    keys = models.PositiveIntegerField(_("keys"), default=0)
    folders = models.PositiveIntegerField(_("folders"), default=0)
    files = models.PositiveIntegerField(_("files"), default=0)
    stray_keys = models.PositiveIntegerField(_("keys of no case, destroyed"), default=0)
    stray_folders = models.PositiveIntegerField(_("folders of no case, destroyed"), default=0)
    stray_files = models.PositiveIntegerField(_("files of no case, destroyed"), default=0)
    returned_keys = models.PositiveIntegerField(_("keys that had come back"), default=0)
    stuck = models.PositiveIntegerField(_("what could not be removed, or was too much to be believed"), default=0)
    keyless_cases = models.PositiveIntegerField(_("cases without key"), default=0)
    missing_files = models.PositiveIntegerField(_("files that are missing"), default=0)
    damaged = models.JSONField(_("damaged cases"), default=list, blank=True)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        ordering = ["-began_at", "-pk"]
        indexes = [models.Index(fields=["-began_at", "-id"], name="reconciliation_began")]

    def __str__(self) -> str:
        return f"reconciliation {self.pk}"

    @property
    def is_in_order(self) -> bool:
        """Nothing is damaged, nothing came back, and all that had to go went."""
        return not (self.returned_keys or self.stuck or self.keyless_cases or self.missing_files)
