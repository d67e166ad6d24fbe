"""The second factor of staff: an authenticator app (RFC 6238), and recovery codes on paper."""

from dataclasses import dataclass
from uuid import uuid4

import qrcode
import qrcode.image.svg
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_otp import match_token
from django_otp.models import Device
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import RecoveryDevice, User
from audit.kinds import Kind
from audit.log import record
from mailroom.outgoing import write

APP, CODES = "authenticator app", "recovery codes"


@dataclass(frozen=True)
class Enrolment:
    """What a person needs to enrol an authenticator app: the device, not confirmed yet."""

    device: TOTPDevice

    @property
    def address(self) -> str:
        """The otpauth: address that the app reads."""
        return str(self.device.config_url)

    @property
    def secret(self) -> str:
        """The same secret for typing, in groups of four."""
        secret = self.address.partition("secret=")[2].partition("&")[0]
        return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))

    def picture(self) -> str:
        """The address as a QR code, an SVG document."""
        return qrcode.make(self.address, image_factory=qrcode.image.svg.SvgPathImage, box_size=12).to_string(encoding="unicode")


def app_of(user: User) -> TOTPDevice | None:
    """The authenticator app that the person enrolled."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def begin(user: User) -> Enrolment:
    """The enrolment that is under way, so that reloading the page does not change the picture, or a new one."""
    device, _created = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": APP})
    return Enrolment(device)


@transaction.atomic
def confirm(request: HttpRequest | None, user: User, token: str) -> list[str] | None:
    """End the enrolment with a code from the app, replacing any app that was enrolled before.

    Returns new recovery codes, to be shown this once; None if the code is wrong.
    """
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token("".join(token.split())):
        return None
    TOTPDevice.objects.filter(user=user, confirmed=True).delete()
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    codes = renew_codes(user)
    record(Kind.SECOND_FACTOR_ENROLLED, user=user, request=request)
    write("accounts/second_factor_enrolled", to=user.email, cause=f"second-factor:{uuid4()}", user=user, enrolled_at=timezone.now())
    return codes


def renew_codes(user: User) -> list[str]:
    """New recovery codes; the old ones end."""
    return RecoveryDevice.objects.get_or_create(user=user, defaults={"name": CODES})[0].renew()


def verified_device(request: HttpRequest, user: User, token: str) -> Device | None:
    """The device that this code belongs to; None, and an audit event, if it is wrong. Each code works once."""
    device: Device | None = match_token(user, "".join(token.split()))
    if device is None:
        record(Kind.SECOND_FACTOR_FAILED, user=user, request=request)
    return device
