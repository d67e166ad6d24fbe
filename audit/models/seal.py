"""A seal over a batch of audit events."""

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models.append_only import AppendOnlyModel

GENESIS = "0" * 64  # what the first seal of the chain has for a hash before it


class Seal(AppendOnlyModel):
    """A batch of events with consecutive ids, all of one month, and the next link of the chain.

    `hash` is keyed and covers the hash before it, so whoever cannot read the key can neither change a seal nor leave one out. Two salts
    are destroyed with what they belong to: `address_salt` when the addresses of the batch are truncated, `salt` when its events are purged.
    Without that, somebody could go on guessing at what was in the batch, for a seal of one event has few secrets; and both are
    outside the hash, so that the chain outlives them.
    """

    number = models.PositiveBigIntegerField(_("number"), unique=True)
    first_id = models.PositiveBigIntegerField(_("first event"))
    last_id = models.PositiveBigIntegerField(_("last event"))
    count = models.PositiveIntegerField(_("events"))
    first_at = models.DateTimeField(_("from"))
    last_at = models.DateTimeField(_("until"))
    sealed_at = models.DateTimeField(_("sealed"), default=timezone.now)
    digest = models.CharField(_("digest of the events"), max_length=64)
    address_digest = models.CharField(_("digest of the full addresses"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)
    salt = models.CharField(_("salt of the events"), max_length=64, blank=True)
    address_salt = models.CharField(_("salt of the addresses"), max_length=64, blank=True)
    truncated_at = models.DateTimeField(_("addresses truncated"), null=True, blank=True)
    purged_at = models.DateTimeField(_("purged"), null=True, blank=True)

    class Meta(AppendOnlyModel.Meta):
        verbose_name = _("seal of the audit log")
        verbose_name_plural = _("seals of the audit log")
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["first_at"], name="audit_seal_untruncated", condition=models.Q(truncated_at=None)),
            models.Index(fields=["last_at"], name="audit_seal_unpurged", condition=models.Q(purged_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.first_id}–{self.last_id}"

    @property
    def head(self) -> str:
        """What an operator notes elsewhere, and gives to `audit_verify --expect`."""
        return f"{self.number}:{self.hash}"

    def hash_after(self, previous: str) -> str:
        """The hash that this seal must have after the seal with the hash `previous`: HMAC-SHA256 over that and all lasting fields."""
        numbers = [self.number, self.first_id, self.last_id, self.count]
        times = [moment(at) for at in (self.first_at, self.last_at, self.sealed_at)]
        sealed = json.dumps([previous, *numbers, *times, self.digest, self.address_digest])
        return hmac.new(settings.AUDIT_KEY.encode(), sealed.encode(), sha256).hexdigest()


def moment(at: datetime) -> str:
    """A time as the lines of the audit log have it: UTC, with microseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
