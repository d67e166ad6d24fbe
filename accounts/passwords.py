"""Passwords: links that set one, and what happens when one changes.

A link works once, for three days, and dies with the password that it replaces (ASVS 6.4).
"""

from uuid import uuid4

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts.addresses import address_key
from accounts.models import LoginSession, User
from accounts.models.login_session import EndReason
from accounts.requests import AccountsRequest
from accounts.second_factor import locked
from audit.kinds import Kind
from audit.log import record
from mailroom.outgoing import write


def set_password_url(user: User) -> str:
    """An address, on the configured site and never from a Host header, that lets its bearer set the account's password."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return settings.SITE_URL + reverse("accounts:set_password_link", args=[uid, default_token_generator.make_token(user)])


def user_of_link(uid: str, token: str) -> User | None:
    """The account whose password this link may still set; None if the link is wrong, used or too old."""
    try:
        user = User.objects.filter(pk=int(force_str(urlsafe_base64_decode(uid)))).first()
    except (ValueError, OverflowError):
        return None
    return user if user and default_token_generator.check_token(user, token) else None


@transaction.atomic
def mail_link(request: HttpRequest, address: str) -> None:
    """Mail a set-password link to this address; to an address without account, a mail that says so.

    Both do the same work, so that neither the answer nor its time tells whether there is an account (ASVS 6.3.8).
    """
    user = User.objects.filter(email_key=address_key(address)).first()
    link = set_password_url(user or User(pk=0, email=address))
    name = "accounts/forgotten_password" if user else "accounts/no_account"
    record(Kind.PASSWORD_REQUESTED, user=user, request=request)
    write(name, to=user.email if user else address, cause=f"password:{uuid4()}", user=user, set_password_url=link)


@transaction.atomic
def change_password(request: HttpRequest, user: User, password: str) -> None:
    """Set a new password, end every log-in of the account, note it, and tell the person by mail (ASVS 6.3.7)."""
    user.set_password(password)
    user.save(update_fields=["password"])
    LoginSession.objects.filter(user=user).end(EndReason.PASSWORD_CHANGED)
    record(Kind.PASSWORD_CHANGED, user=user, request=request)
    write("accounts/password_changed", to=user.email, cause=f"password-changed:{uuid4()}", user=user, changed_at=timezone.now())


@transaction.atomic
def change_own_password(request: AccountsRequest, user: User, password: str) -> User:
    """The same for somebody who gave the present password; returns the account as it is now.

    Raises LogInEnded if the password was changed, or the log-in ended, since they gave it: whoever is being thrown out does not win by
    having sent a password of their own a moment before.
    """
    person = locked(request, user)
    change_password(request, person, password)
    return person


@transaction.atomic
def set_password_by_link(request: HttpRequest, uid: str, token: str, password: str) -> User | None:
    """Use a link: once, even if it is submitted twice at the same time. None if it does not work any more.

    With their first password customers come here themselves for the first time: a browser that asks for privacy is heeded then.
    """
    found = user_of_link(uid, token)
    user = User.objects.select_for_update().get(pk=found.pk) if found else None
    if user is None or not default_token_generator.check_token(user, token):
        return None
    is_first = not user.has_usable_password()
    change_password(request, user, password)
    if is_first:
        user.opt_out_by_browser(request)
    return user
