"""Logging in and out: two cookies that admit only together (promise C12).

The authentication cookie carries a random token, and the browser's session a random secret; a LoginSession knows
the digests of both. Whoever has only one of them, or copies from two log-ins, is a stranger.
"""

import hashlib
import secrets
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_otp.models import Device

from accounts.cookies import LINK, LOG_IN, known_browser
from accounts.familiarity import tell_if_unfamiliar
from accounts.models import LoginSession, User
from accounts.models.login_session import EndReason
from accounts.personal_data import AUTHENTICATION, LAST_SEEN, STAFF_AUTHENTICATION
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record
from infacta.browsers import device_of
from infacta.network import browser_of, client_ip
from privacy.areas import RESOURCES, STAFF, Area, area_of
from privacy.cookies import Cookie
from privacy.ribbon import note

# Plain SQL, for every log-in asks it, and what is not Argon2 should cost little; its holds are those of Hold.objects.in_force.
DOORS = """
    SELECT
        EXISTS (SELECT 1 FROM accounts_hold WHERE user_id = %s AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > %s))
            OR EXISTS (SELECT 1 FROM accounts_user WHERE id = %s AND erased_at IS NOT NULL),
        EXISTS (SELECT 1 FROM otp_totp_totpdevice WHERE user_id = %s AND confirmed)
"""

KEPT_AT_LOG_OUT = ("login.", "_")  # of the session: a log-in to the other area, and what Django keeps there, such as messages to be shown


def cookie_of(area: Area) -> Cookie:
    return STAFF_AUTHENTICATION if area is STAFF else AUTHENTICATION


def digest(secret: str) -> str:
    """Tokens are 256 random bits, so a plain hash hides them from whoever reads the database."""
    return hashlib.sha256(secret.encode()).hexdigest()


class OnHold(Exception):
    """The account is on hold, or erased since the password was given: nobody logs in."""


class SecondFactorMissing(PermissionDenied):
    """The account, or the area, demands a second factor, and none of this account was given: nobody logs in."""


@transaction.atomic
def log_in(request: AccountsRequest, response: HttpResponse, user: User, otp_device: Device | None = None, **facts: Any) -> LoginSession:
    """Begin a login session in the area of the request: new session id, new CSRF token, new cookie, and an audit event.

    `otp_device` is the second factor that was proved; `facts` are what else is known of the session. Raises SecondFactorMissing, and OnHold. The account's row is locked, so that
    a hold placed or a factor enrolled at the same time finds this log-in or prevents it.
    """
    User.objects.touch(user.pk, last_login=timezone.now())
    area = area_of(request.path)
    held, has_app = doors_of(user)
    demand_second_factor(area, user, otp_device, has_app=has_app)
    if held:
        raise OnHold
    end(request, response, EndReason.REPLACED)
    known = bool(known_browser(request, user, LOG_IN, LINK))
    session = LoginSession.objects.create(
        user=user,
        area=area.slug,
        **new_secrets(request, response),
        **proof_of(user, otp_device),
        ip=client_ip(request),
        browser=browser_of(request),
        **facts,
    )
    tell_if_unfamiliar(session, known=known)
    device = device_of(session.browser)
    record(Kind.LOGIN_SUCCEEDED, user=user, request=request, area=area.slug, login_session=session.pk, device=device, known=known)
    return session


def doors_of(user: User) -> tuple[bool, bool]:
    """What stands before a log-in of a user whose row is locked: whether the account is on hold, and whether it has a second factor."""
    with connection.cursor() as cursor:
        cursor.execute(DOORS, [user.pk, timezone.now(), user.pk, user.pk])
        on_hold, has_app = cursor.fetchone()
    return bool(on_hold), bool(has_app)


def demand_second_factor(area: Area, user: User, otp_device: Device | None, *, has_app: bool) -> None:
    """Raise SecondFactorMissing unless this device of the user was given, or none is needed: whoever calls log_in cannot get round it."""
    given = otp_device is not None and otp_device.user_id == user.pk and otp_device.confirmed
    needed = area is STAFF or has_app or otp_device is not None
    if needed and not given:
        raise SecondFactorMissing


@transaction.atomic
def confirm(request: AccountsRequest, response: HttpResponse, user: User, otp_device: Device | None = None) -> bool:
    """The person proved again who they are: their login session lives on with new secrets, and an audit event tells it (ASVS 7.2.4, 7.5.1).

    False, and nothing happens, if the login session was ended meanwhile.
    """
    session = renew(request, response, user, otp_device, confirmed_at=timezone.now())
    if session:
        record(Kind.LOGIN_CONFIRMED, user=user, request=request, login_session=session.pk)
    return session is not None


@transaction.atomic
def renew(
    request: AccountsRequest, response: HttpResponse, user: User, otp_device: Device | None = None, **changes: Any
) -> LoginSession | None:
    """Give the request's login session new secrets, as a log-in does, and return it as it was; None if it was ended meanwhile.

    `otp_device` is the second factor that it rests on now; without one it rests on the password alone.
    """
    current = request.login_session
    open_ones = LoginSession.objects.select_for_update().filter(ended_at=None)
    session = open_ones.filter(pk=current.pk).first() if current else None
    if session is None:
        return None
    LoginSession.objects.filter(pk=session.pk).update(**new_secrets(request, response), **proof_of(user, otp_device), **changes)
    return session


def new_secrets(request: AccountsRequest, response: HttpResponse) -> dict[str, str]:
    """Give the browser a new session id, CSRF token and pair of secrets; returns the digests that the login session is to know."""
    area = area_of(request.path)
    token, binding = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    request.session.cycle_key()
    request.session[f"login.{area.slug}"] = binding
    rotate_token(request)
    cookie_of(area).set_on(response, token)
    return {"token_hash": digest(token), "binding_hash": digest(binding)}


def proof_of(user: User, otp_device: Device | None) -> dict[str, str]:
    """What a login session knows of the password and the second factor that it rests on."""
    return {"credentials_hash": user.get_session_auth_hash(), "otp_device": otp_device.persistent_id if otp_device else ""}


@transaction.atomic
def log_out(request: AccountsRequest, response: HttpResponse) -> None:
    """End the login session of the request's area, and make the browser forget the cookie.

    The next person at this browser finds nothing that was begun in it: no link that was opened and not used, no secret of an app.
    """
    user = request.user if request.user.is_authenticated else None
    if end(request, response, EndReason.LOGGED_OUT):
        record(Kind.LOGIN_ENDED, user=user, request=request)
    for begun in [key for key, _value in request.session.items() if not key.startswith(KEPT_AT_LOG_OUT)]:
        del request.session[begun]
    request.session.cycle_key()


def end(request: AccountsRequest, response: HttpResponse, reason: EndReason) -> bool:
    """End whatever login session the request's cookies name; True if there was one."""
    area = area_of(request.path)
    ended = request.login_session and LoginSession.objects.filter(pk=request.login_session.pk).end(reason)
    request.session.pop(f"login.{area.slug}", None)
    if cookie_of(area).full_name in request.COOKIES:
        cookie_of(area).delete_from(response)
    return bool(ended)


def knows_password(session: LoginSession) -> bool:
    """Whether the password is still the one that the log-in was made with, under the present secret key or one of its predecessors."""
    user = session.user
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(session.credentials_hash, known) for known in hashes)


def login_session_of(request: HttpRequest) -> LoginSession | None:
    """The open login session that both cookies of the request belong to, with its user; None for strangers.

    Outside the closed areas nobody is ever logged in, whatever cookies come along.
    """
    area = area_of(request.path)
    token = request.COOKIES.get(cookie_of(area).full_name, "")
    binding = request.session.get(f"login.{area.slug}", "") if token and area in (RESOURCES, STAFF) else ""
    if not binding:
        return None
    try:
        session = LoginSession.objects.select_related("user").get(token_hash=digest(token), area=area.slug)
    except LoginSession.DoesNotExist:
        return None
    if not session.is_open or not session.user.is_active or not constant_time_compare(session.binding_hash, digest(binding)):
        return None
    if not knows_password(session):
        return None
    session.seen(timezone.now())
    note(request, LAST_SEEN)
    return session
