"""The record of a destruction: that it happened, how and when, and nothing of what was destroyed. The receipt is made of it."""

import secrets
from datetime import datetime

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
    ERASURE = "erasure", _("the customer asked that all of theirs be erased")
    REPLAY = "replay", _("again, after a backup was restored")


def new_number() -> str:
    return secrets.token_hex(12)


class DestructionQuerySet(models.QuerySet["Destruction"]):
    def unfinished(self) -> "DestructionQuerySet":
        return self.filter(state__in=[DestructionState.DESTROYING, DestructionState.FAILED])

    def failed(self) -> "DestructionQuerySet":
        return self.filter(state=DestructionState.FAILED)

    def to_be_worked_on(self, now: datetime) -> "DestructionQuerySet":
        """Unfinished, and in no worker's hands: a claim puts the next try off."""
        return self.unfinished().filter(next_try_at__lte=now, case__isnull=False)


class Destruction(models.Model):
    """One a case, until it is done; then it names no case any more. `number` is random, and stands on the receipt.

    Each `…_gone_at` says when that step's things were last looked for and not found. What is counted, and the address that the receipt
    goes to (sealed), are taken when it begins, before the key goes. `manifest_digest` is keyed: it stands for the list of files, and nobody
    can guess them from it. `logged_as` is its number in the log outside of the database. `originally_at`: it had been destroyed then
    already, and a restored backup brought it back.
    """

    case = models.OneToOneField(
        Case, models.SET_NULL, null=True, blank=True, editable=False, related_name="destruction", verbose_name=_("case")
    )
    number = models.CharField(_("receipt"), max_length=24, unique=True, default=new_number, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=DestructionState.choices, default=DestructionState.DESTROYING)
    trigger = models.CharField(_("why"), max_length=10, choices=Trigger.choices)
    messages = models.PositiveIntegerField(_("messages"), default=0)
    files = models.PositiveIntegerField(_("files"), default=0)
    bytes = models.BigIntegerField(_("bytes"), default=0)
    manifest_digest = models.CharField(_("digest of the list of files"), max_length=64, blank=True, editable=False)
    sealed_address = models.TextField(blank=True, editable=False)
    key_gone_at = models.DateTimeField(_("key not found"), null=True, blank=True)
    bytes_gone_at = models.DateTimeField(_("files not found"), null=True, blank=True)
    mails_gone_at = models.DateTimeField(_("copies of mails not found"), null=True, blank=True)
    texts_gone_at = models.DateTimeField(_("texts not found"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    problem = models.CharField(_("what stands in the way"), max_length=200, blank=True)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    due_at = models.DateTimeField(_("was due"))
    begun_at = models.DateTimeField(_("begun"), default=timezone.now)
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, blank=True)
    originally_at = models.DateTimeField(_("destroyed before that"), null=True, blank=True)
    backups_clear_on = models.DateField(_("backups clear"), null=True, blank=True)
    logged_as = models.BigIntegerField(_("number in the log"), unique=True, null=True, editable=False)

    objects = DestructionQuerySet.as_manager()

    class Meta:
        verbose_name = _("destruction")
        verbose_name_plural = _("destructions")
        ordering = ["-begun_at", "-pk"]
        indexes = [
            models.Index(fields=["next_try_at"], condition=models.Q(state__in=["destroying", "failed"]), name="destruction_unfinished"),
            models.Index(fields=["-begun_at", "-id"], name="destruction_begun"),
            models.Index(fields=["trigger", "-begun_at", "-id"], name="destruction_why"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_done(self) -> bool:
        return bool(self.state == DestructionState.DESTROYED)
