"""The record of a destruction: that it happened, how and when, and nothing of what was destroyed. The receipt is made of it."""

import secrets

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from support.models.case import Case


class DestructionState(models.TextChoices):
    DESTROYING = "destroying", _("under way")
    DESTROYED = "destroyed", _("done, and verified")
    FAILED = "failed", _("not possible yet; tried again")


class Trigger(models.TextChoices):
    SCHEDULE = "schedule", _("its day had come")
    CUSTOMER = "customer", _("the customer asked for it")
    REPLAY = "replay", _("again, after a backup was restored")


def new_number() -> str:
    return secrets.token_hex(12)


class Destruction(models.Model):
    """One a case. `number` is random, and stands on the receipt; `results` tells of each step: what was verified absent, and when.

    `manifest_digest` is keyed: it stands for the list of files and their digests, and nobody can guess them from it.
    """

    case = models.OneToOneField(Case, models.CASCADE, related_name="destruction", verbose_name=_("case"))
    number = models.CharField(_("receipt"), max_length=24, unique=True, default=new_number, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=DestructionState.choices, default=DestructionState.DESTROYING)
    trigger = models.CharField(_("why"), max_length=10, choices=Trigger.choices)
    messages = models.PositiveIntegerField(_("messages"), default=0)
    files = models.PositiveIntegerField(_("files"), default=0)
    bytes = models.BigIntegerField(_("bytes"), default=0)
    manifest_digest = models.CharField(max_length=64, blank=True, editable=False)
    results = models.JSONField(_("steps"), default=dict)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    due_at = models.DateTimeField(_("was due"))
    begun_at = models.DateTimeField(_("begun"), default=timezone.now)
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, blank=True)
    backups_clear_on = models.DateField(_("backups clear"), null=True, blank=True)

    class Meta:
        verbose_name = _("destruction")
        verbose_name_plural = _("destructions")
        ordering = ["-begun_at", "-pk"]
        indexes = [
            models.Index(fields=["next_try_at"], condition=models.Q(state__in=["destroying", "failed"]), name="destruction_unfinished"),
            models.Index(fields=["-begun_at", "-id"], name="destruction_begun"),
        ]

    def __str__(self) -> str:
        return self.number
