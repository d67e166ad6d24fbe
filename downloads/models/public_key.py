"""The public halves of the keys that signed: published for good, so that what was signed once can always be checked."""

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads.signing import ID_LENGTH, LICENCES, RELEASES, SigningKey, fits


class KeyPurpose(models.TextChoices):
    RELEASES = RELEASES.slug, _("release files")
    LICENCES = LICENCES.slug, _("licence files and lists of revoked codes")


class PublicKeyManager(models.Manager["PublicKey"]):
    def of(self, key: SigningKey) -> "PublicKey":
        """The row of this signing key, made when the key signs for the first time."""
        return self.get_or_create(pk=key.id, defaults={"pem": key.public_pem, "purpose": key.purpose.slug})[0]


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

    def verifies(self, signature: str, statement: str) -> bool:
        return fits(signature, statement, self.pem)
