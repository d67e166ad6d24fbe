"""The second factor of an account: an authenticator app, recovery codes on paper, and passkeys (passkeys.py).

A person has one set of them, whether they are customer, staff or both: it is asked for at every log-in, in both areas.
"""

from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_otp.models import Device
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from accounts.cookies import LOG_IN, known_browser
from accounts.enrolment import Enrolment
from accounts.limits import (
    SECOND_FACTOR,
    SECOND_FACTOR_FAILURES,
    SECOND_FACTOR_KNOWN_BROWSER,
    SECOND_FACTOR_WARNING,
    demand,
)
from accounts.models import LoginSession, RecoveryCode, RecoveryDevice, Throttle, User
from accounts.models.login_session import EndReason
from accounts.models.throttle import Limit
from accounts.other_sessions import lock_account, others_than
from accounts.requests import AccountsRequest
from accounts.roles import in_role
from audit.kinds import Kind
from audit.log import record
from mailroom.outgoing import write

CODES = "recovery codes"
DIGITS = 6  # of a code of the app


class StaffKeepIt(PermissionDenied):
    """Staff replace their second factor, and do not go without: it guards the staff area too."""


def app_of(user: User) -> TOTPDevice | None:
    """The authenticator app that the person enrolled. Who has one has a second factor, and only they."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def codes_left(user: User) -> int:
    """How many recovery codes the person has not used yet."""
    return RecoveryCode.objects.filter(device__user=user, used_at=None).count()


@transaction.atomic
def confirm(request: AccountsRequest | None, enrolment: Enrolment, token: str, *, may_replace: bool) -> list[str] | None:
    """End the enrolment with a code from the app, and end all other log-ins of the account, in both areas (ASVS 7.4.3).

    `may_replace`: the person has proved the second factor that they have. Without it an app that somebody enrolled meanwhile stays.
    Returns new recovery codes, to be shown this once; None if the code is wrong, or there is an app that must stay.
    """
    step = enrolment.step_of(token)
    if step is None:
        return None
    user = locked(request, enrolment.device.user)
    replaced = app_of(user) is not None
    if replaced and not may_replace:
        return None
    TOTPDevice.objects.filter(user=user).delete()
    enrolment.device.last_t = step  # so this code is used
    enrolment.device.save(force_insert=True)
    end_other_log_ins(request, user)
    codes = new_codes(user)
    record(Kind.SECOND_FACTOR_ENROLLED, user=user, request=request, device="app", replaced=replaced)
    tell("accounts/second_factor_replaced" if replaced else "accounts/second_factor_enrolled", user)
    return codes


@transaction.atomic
def renew_codes(request: AccountsRequest, user: User) -> list[str]:
    """New recovery codes at the person's own wish; the old ones end, and a mail tells them."""
    codes = new_codes(locked(request, user))
    record(Kind.RECOVERY_CODES_RENEWED, user=user, request=request)
    tell("accounts/recovery_codes_renewed", user)
    return codes


def new_codes(user: User) -> list[str]:
    """New recovery codes for a user whose row is locked; the old ones end."""
    return RecoveryDevice.objects.get_or_create(user=user, defaults={"name": CODES})[0].renew()


@transaction.atomic
def remove(request: AccountsRequest, user: User) -> None:
    """Log in by the password alone from now on: app, codes and passkeys go, and all other log-ins end; nothing happens a second time.

    Raises StaffKeepIt, and LogInEnded.
    """
    person = locked(request, user)
    if person.is_staff:
        raise StaffKeepIt
    if not take_away(person):
        return
    end_other_log_ins(request, person)
    record(Kind.SECOND_FACTOR_REMOVED, user=person, request=request, device="app")
    tell("accounts/second_factor_removed", person)


@transaction.atomic
def remove_lost(request: HttpRequest, user: User, by: User) -> None:
    """Administration takes a lost second factor away, and every log-in of the account ends; a mail tells its owner, once."""
    User.objects.touch(user.pk)
    if not take_away(user):
        return
    LoginSession.objects.filter(user=user).end(EndReason.ENDED_BY_STAFF)
    record(Kind.SECOND_FACTOR_REMOVED, user=user, actor=by, request=request, device="app", **in_role(by))
    tell("accounts/second_factor_removed", user, by_staff=True)


def take_away(user: User) -> bool:
    """Remove whatever the locked account has; False if there was nothing."""
    return sum(model.objects.filter(user=user).delete()[0] for model in (TOTPDevice, RecoveryDevice, WebAuthnCredential)) > 0


def end_other_log_ins(request: AccountsRequest | None, user: User) -> None:
    """End the log-ins of the account but the one that asks."""
    others_than(request, user).end(EndReason.SECOND_FACTOR_CHANGED)


def locked(request: AccountsRequest | None, user: User) -> User:
    """The account as it is now, its row locked. Raises LogInEnded if the log-in that asks is over."""
    lock_account(request, user)
    return User.objects.get(pk=user.pk)


def verified_device(request: HttpRequest, user: User, token: str) -> Device | None:
    """The device that this code belongs to; None, and an audit event, if it is wrong. Each code works once.

    Raises TooManyTries before the code is looked at; a success gives back its own try.
    """
    limit, subject = count_of(request, user)
    demand(limit, subject)
    device = matching_device(request, user, "".join(token.split()))
    if device:
        Throttle.objects.give_back([(limit, subject)])
    return device


def count_of(request: HttpRequest, user: User) -> tuple[Limit, str]:
    """What a try counts against: a browser in which the account was logged in has a count of its own, so that whoever stole the password
    cannot use it up. One that merely set the password by a link has not: whoever reads the mail could have as many as they like."""
    if browser := known_browser(request, user, LOG_IN):
        return SECOND_FACTOR_KNOWN_BROWSER, browser
    return SECOND_FACTOR, str(user.pk)


@transaction.atomic
def matching_device(request: HttpRequest, user: User, token: str) -> Device | None:
    """Spend the code: six digits are the app's, and whatever else is meant as a recovery code, so that neither counts as wrong for the other."""
    User.objects.touch(user.pk)
    of_app = len(token) == DIGITS and token.isascii() and token.isdigit()
    device = (TOTPDevice if of_app else RecoveryDevice).objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None or not device.verify_token(token):
        note_failure(request, user)
        return None
    if not of_app:
        record(Kind.RECOVERY_CODE_USED, user=user, request=request)
        tell("accounts/recovery_code_used", user, left=codes_left(user))
    return device


def note_failure(request: HttpRequest, user: User) -> None:
    """A wrong code after the right password: noted; and after several, a mail warns the owner, once a day (ASVS 6.3.5)."""
    record(Kind.SECOND_FACTOR_FAILED, user=user, request=request)
    several = not Throttle.objects.admit(SECOND_FACTOR_FAILURES, str(user.pk))
    if several and Throttle.objects.admit(SECOND_FACTOR_WARNING, str(user.pk)):
        tell("accounts/second_factor_failed", user)


def tell(name: str, user: User, **context: Any) -> None:
    """Mail the person what happened to their second factor, in the transaction of what happened (ASVS 6.3.7)."""
    write(name, to=user.email, cause=f"{name}:{uuid4()}", user=user, happened_at=timezone.now(), **context)
