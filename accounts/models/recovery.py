"""Recovery codes: a second factor on paper. Only their digests are stored, and each works once (ASVS 6.5.1, 6.5.2)."""

import hashlib
import secrets

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def digest(code: str) -> str:
    """The digest of a code; 16 symbols of 31 are random enough for a plain hash. Spaces, dashes and case do not matter."""
    return hashlib.sha256("".join(filter(str.isalnum, code.lower())).encode()).hexdigest()


class RecoveryDevice(Device):
    """A person's set of recovery codes, as a django-otp device.

    It has not the library's throttle, which doubles without end, so that a thief who has the password could lock the owner out for good: that of
    apps is off (OTP_TOTP_THROTTLE_FACTOR), and accounts.limits slows all guessing.
    """

    COUNT = 10

    class Meta:
        verbose_name = _("set of recovery codes")
        verbose_name_plural = _("sets of recovery codes")

    @transaction.atomic
    def renew(self) -> list[str]:
        """Replace all codes by new ones; they are returned to be shown this once."""
        codes = ["-".join("".join(secrets.choice(ALPHABET) for _symbol in range(4)) for _group in range(4)) for _code in range(self.COUNT)]
        self.codes.all().delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(device=self, digest=digest(code)) for code in codes)
        return codes

    def verify_token(self, token: str) -> bool:
        return bool(self.codes.filter(digest=digest(token), used_at=None).update(used_at=timezone.now()))


class RecoveryCode(models.Model):
    """The digest of one code."""

    device = models.ForeignKey(RecoveryDevice, models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"
