"""Logging in and out: two cookies that admit only together (promise C12).

The authentication cookie carries a random token, and the browser's session a random secret; a LoginSession knows
the digests of both. Whoever has only one of them, or copies from two log-ins, is a stranger.
"""

import hashlib
import secrets
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.cookies import is_known_browser
from accounts.familiarity import tell_if_unfamiliar
from accounts.holds import hold_of
from accounts.models import LoginSession, User
from accounts.models.login_session import EndReason
from accounts.personal_data import AUTHENTICATION, LAST_SEEN, STAFF_AUTHENTICATION
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record
from infacta.browsers import device_of
from infacta.network import browser_of, client_ip
from privacy.areas import RESOURCES, STAFF, Area, area_of
from privacy.registry import Cookie
from privacy.ribbon import note


def cookie_of(area: Area) -> Cookie:
    return STAFF_AUTHENTICATION if area is STAFF else AUTHENTICATION


def digest(secret: str) -> str:
    """Tokens are 256 random bits, so a plain hash hides them from whoever reads the database."""
    return hashlib.sha256(secret.encode()).hexdigest()


class OnHold(Exception):
    """The account is on hold: nobody logs in."""


@transaction.atomic
def log_in(request: AccountsRequest, response: HttpResponse, user: User, otp_device: Any = None) -> LoginSession:
    """Begin a login session in the area of the request: new session id, new CSRF token, new cookie, and an audit event.

    Raises OnHold. The account's row is locked, so that a hold placed at the same time finds this log-in or prevents it.
    """
    User.objects.touch(user.pk)
    if hold_of(user.pk):
        raise OnHold
    area = area_of(request.path)
    end(request, response, EndReason.REPLACED)
    known = is_known_browser(request, user)
    token, binding = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    request.session.cycle_key()
    request.session[f"login.{area.slug}"] = binding
    rotate_token(request)
    session = LoginSession.objects.create(
        user=user,
        area=area.slug,
        token_hash=digest(token),
        binding_hash=digest(binding),
        credentials_hash=user.get_session_auth_hash(),
        otp_device=otp_device.persistent_id if otp_device else "",
        ip=client_ip(request),
        browser=browser_of(request),
    )
    cookie_of(area).set_on(response, token)
    tell_if_unfamiliar(session, known=known)
    user_logged_in.send(sender=User, request=request, user=user)
    device = device_of(session.browser)
    record(Kind.LOGIN_SUCCEEDED, user=user, request=request, area=area.slug, login_session=session.pk, device=device, known=known)
    return session


@transaction.atomic
def log_out(request: AccountsRequest, response: HttpResponse) -> None:
    """End the login session of the request's area, and make the browser forget the cookie."""
    user = request.user if request.user.is_authenticated else None
    if end(request, response, EndReason.LOGGED_OUT):
        record(Kind.LOGIN_ENDED, user=user, request=request)
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
    if not session.is_open or not constant_time_compare(session.binding_hash, digest(binding)):
        return None
    if not knows_password(session):
        return None
    session.seen(timezone.now())
    note(request, LAST_SEEN)
    return session
