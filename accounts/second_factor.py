"""The second factor of staff: an authenticator app (RFC 6238), and recovery codes on paper."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import qrcode
import qrcode.image.svg
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from accounts.cookies import is_known_browser
from accounts.limits import SECOND_FACTOR, SECOND_FACTOR_KNOWN_BROWSER, demand
from accounts.models import LoginSession, RecoveryCode, RecoveryDevice, Throttle, User
from accounts.models.login_session import EndReason
from accounts.models.throttle import Limit
from accounts.personal_data import GREETING
from audit.kinds import Kind
from audit.log import record
from mailroom.outgoing import write

APP, CODES = "authenticator app", "recovery codes"
DIGITS = 6  # of a code of the app


@dataclass(frozen=True)
class Enrolment:
    """What a person needs to enrol an authenticator app: a device that is not in the database yet.

    Its key stays with whoever began: a secret that somebody else has seen before must never become the owner's.
    """

    device: TOTPDevice

    @classmethod
    def of(cls, user: User, key: str) -> "Enrolment":
        return cls(TOTPDevice(user=user, name=APP, key=key))

    def step_of(self, token: str) -> int | None:
        """The time step that a code from the app belongs to; None if the code is wrong."""
        totp = TOTP(self.device.bin_key, self.device.step, self.device.t0, self.device.digits)
        digits = "".join(token.split())
        fits = digits.isascii() and digits.isdigit() and totp.verify(int(digits), tolerance=self.device.tolerance)
        return totp.t() if fits else None

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
    """A new enrolment, with a secret of its own."""
    return Enrolment.of(user, random_hex(20))


@transaction.atomic
def confirm(request: HttpRequest | None, enrolment: Enrolment, token: str, *, may_replace: bool) -> list[str] | None:
    """End the enrolment with a code from the app, and end all earlier log-ins of the staff area.

    `may_replace`: the person has proved the second factor that they have. Without it an app that somebody enrolled meanwhile stays.
    Returns new recovery codes, to be shown this once; None if the code is wrong, or there is an app that must stay.
    """
    step = enrolment.step_of(token)
    if step is None:
        return None
    user = User.objects.select_for_update().get(pk=enrolment.device.user_id)
    if app_of(user) and not may_replace:
        return None
    TOTPDevice.objects.filter(user=user).delete()
    enrolment.device.last_t = step  # so this code is used
    enrolment.device.save(force_insert=True)
    LoginSession.objects.filter(user=user, area="staff").end(EndReason.SECOND_FACTOR_CHANGED)
    codes = new_codes(user)
    record(Kind.SECOND_FACTOR_ENROLLED, user=user, request=request)
    tell("accounts/second_factor_enrolled", user)
    return codes


def codes_left(user: User) -> int:
    """How many recovery codes the person has not used yet."""
    return RecoveryCode.objects.filter(device__user=user, used_at=None).count()


def tell(name: str, user: User, **context: Any) -> None:
    """Mail the person what happened to their second factor, in the transaction of what happened (ASVS 6.3.7)."""
    write(name, to=user.email, cause=f"{name}:{uuid4()}", user=user, happened_at=timezone.now(), **context)


@transaction.atomic
def renew_codes(request: HttpRequest, user: User) -> list[str]:
    """New recovery codes at the person's own wish; the old ones end, and a mail tells them."""
    codes = new_codes(User.objects.select_for_update().get(pk=user.pk))
    record(Kind.RECOVERY_CODES_RENEWED, user=user, request=request)
    tell("accounts/recovery_codes_renewed", user)
    return codes


def new_codes(user: User) -> list[str]:
    """New recovery codes for a user whose row is locked; the old ones end."""
    return RecoveryDevice.objects.get_or_create(user=user, defaults={"name": CODES})[0].renew()


def verified_device(request: HttpRequest, user: User, token: str) -> Device | None:
    """The device that this code belongs to; None, and an audit event, if it is wrong. Each code works once.

    Raises TooManyTries before the code is looked at; a success gives back its own try.
    """
    limit, subject = count_of(request, user)
    demand(limit, subject)
    device = matching_device(request, user, "".join(token.split()))
    if device:
        Throttle.objects.give_back(limit, subject)
    return device


@transaction.atomic
def matching_device(request: HttpRequest, user: User, token: str) -> Device | None:
    """Spend the code: six digits are the app's, and whatever else is meant as a recovery code, so that neither counts as wrong for the other."""
    User.objects.touch(user.pk)
    of_app = len(token) == DIGITS and token.isascii() and token.isdigit()
    device = (TOTPDevice if of_app else RecoveryDevice).objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None or not device.verify_token(token):
        record(Kind.SECOND_FACTOR_FAILED, user=user, request=request)
        return None
    if not of_app:
        tell_of_recovery_code(request, user)
    return device


def tell_of_recovery_code(request: HttpRequest, user: User) -> None:
    """Note that a recovery code was used, and tell the person, with how many are left."""
    record(Kind.RECOVERY_CODE_USED, user=user, request=request)
    tell("accounts/recovery_code_used", user, left=codes_left(user))


def count_of(request: HttpRequest, user: User) -> tuple[Limit, str]:
    """What a try counts against: a browser that the account knows has a count of its own, so that whoever stole the password cannot use it up."""
    if is_known_browser(request, user):
        return SECOND_FACTOR_KNOWN_BROWSER, request.COOKIES[GREETING.full_name]
    return SECOND_FACTOR, str(user.pk)
