"""The public halves of the keys that signed: published for good, so that what was signed once can always be checked."""

from contextlib import suppress
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads.signing import (
    ID_LENGTH,
    LICENCES,
    PURPOSES,
    RELEASES,
    UPDATES,
    BadKey,
    SigningKey,
    fits,
    fits_bytes,
    present_key,
    raw_in_base64,
)


class KeyPurpose(models.TextChoices):
    RELEASES = RELEASES.slug, _("release files")
    LICENCES = LICENCES.slug, _("licence files and lists of revoked codes")
    UPDATES = UPDATES.slug, _("updates, for Sparkle and WinSparkle")


class PublicKeyManager(models.Manager["PublicKey"]):
    def of(self, key: SigningKey) -> "PublicKey":
        """The row of this signing key, made when the key is published, or signs for the first time."""
        return self.get_or_create(pk=key.id, defaults={"pem": key.public_pem, "purpose": key.purpose.slug})[0]

    def publish_configured(self) -> int:
        """Make the rows of all keys that are configured; returns how many those are. A key that is missing or bad is told of by the system checks."""
        published = 0
        for purpose in PURPOSES.values():
            with suppress(BadKey):
                self.of(present_key(purpose))
                published += 1
        return published


class PublicKey(models.Model):
    id = models.CharField(_("id"), max_length=ID_LENGTH, primary_key=True, editable=False)
    purpose = models.CharField(_("signs"), max_length=10, choices=KeyPurpose.choices, default=KeyPurpose.RELEASES, editable=False)
    pem = models.TextField(_("PEM"), editable=False)
    first_used_at = models.DateTimeField(_("first used"), default=timezone.now, editable=False)

    objects = PublicKeyManager()

    class Meta:
        verbose_name = _("public key")
        verbose_name_plural = _("public keys")
        ordering = ["-first_used_at", "pk"]

    def __str__(self) -> str:
        return self.pk

    def get_absolute_url(self) -> str:
        return reverse("website:public_key", args=[self.pk])

    @property
    def file_name(self) -> str:
        return f"public-key-{self.pk}.pem"

    @property
    def base64(self) -> str:
        """As Sparkle's SUPublicEDKey and WinSparkle want it; "" for a row that holds no key."""
        return raw_in_base64(self.pem)

    def verifies(self, signature: str, statement: str) -> bool:
        return fits(signature, statement, self.pem)

    def verifies_bytes(self, signature: str, content: Any) -> bool:
        """Whether the signature is over these very bytes; `content` is anything with a buffer, such as a mapped file."""
        return fits_bytes(signature, content, self.pem)
