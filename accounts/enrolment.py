"""Enrolling an authenticator app (RFC 6238): what the person must know for it, kept in the browser's session until the first code."""

from dataclasses import dataclass

import qrcode
import qrcode.image.svg
from django.utils.safestring import SafeString, mark_safe
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from accounts.models import User
from accounts.requests import AccountsRequest

APP = "authenticator app"
KEY = "enrolment"  # in the session: the key of the app that this browser is about to enrol


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

    @property
    def picture(self) -> SafeString:
        """The address as a QR code, an SVG document; the library draws it, from a random secret and the account's address in URL encoding."""
        svg = qrcode.make(self.address, image_factory=qrcode.image.svg.SvgPathImage, box_size=12).to_string(encoding="unicode")
        return mark_safe(svg)  # noqa: S308


def begin(user: User) -> Enrolment:
    """A new enrolment, with a secret of its own."""
    return Enrolment.of(user, random_hex(20))


def begun(request: AccountsRequest, user: User) -> Enrolment:
    """The enrolment that this browser has begun, so that reloading the page does not change the picture, or a new one."""
    pk, key = request.session.get(KEY, [0, ""])
    if pk == user.pk:
        return Enrolment.of(user, key)
    enrolment = begin(user)
    request.session[KEY] = [user.pk, enrolment.device.key]
    return enrolment


def forget(request: AccountsRequest) -> None:
    """Let this browser begin anew the next time."""
    request.session.pop(KEY, None)
