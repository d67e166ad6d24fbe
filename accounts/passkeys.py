"""Passkeys (WebAuthn): a second factor beside the authenticator app, never in place of the password (docs/decisions/passkeys.md).

The browser is asked by a form: the page carries a question with a random challenge, a small script hands it to the passkey and puts the
answer into the form. A challenge is good for five minutes, in the session that asked, for the person who was asked, and once.
"""

import json
import time
from collections.abc import Callable
from struct import error as struct_error
from typing import Any, TypeVar

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac
from django_otp_webauthn.exceptions import CredentialDisabled, OTPWebAuthnApiError
from django_otp_webauthn.helpers import WebAuthnHelper
from django_otp_webauthn.models import WebAuthnCredential
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialUserEntity

from accounts import second_factor
from accounts.limits import PASSKEY_CHALLENGE, demand
from accounts.models import Throttle, User
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record

MOST = 10  # of one account
LIFE = 300  # of a challenge, in seconds
LONGEST_ANSWER = 20_000
QUESTION, INVITATION = "passkey.question", "passkey.invitation"  # in the session
BAD_ANSWERS = (
    *(WebAuthnException, OTPWebAuthnApiError),
    *(ValueError, TypeError, AttributeError, LookupError, RecursionError, struct_error),  # of parsers, over what browsers never send
    *(IntegrityError, DataError),  # a key that is known already, or a number that fits no column
)

Answered = TypeVar("Answered")


class Helper(WebAuthnHelper):
    """The library's helper, for this site's address, and with no more data about people than it needs."""

    def get_allowed_origins(self) -> list[str]:
        return [settings.SITE_URL]

    def get_user_entity(self, user: Any) -> PublicKeyCredentialUserEntity:
        """A handle that says nothing about the person and needs no table of its own (WebAuthn 3, 14.6.1)."""
        handle = salted_hmac("passkey-handle", str(user.pk), algorithm="sha512").digest()
        return PublicKeyCredentialUserEntity(id=handle, name=user.email, display_name=user.get_full_name())

    def create_attestation(self, credential: Any, attestation_object: bytes, client_data_json: bytes) -> Any:
        """Nothing is kept of who made the key: we ask for no attestation."""


def passkeys_of(user: User) -> QuerySet[WebAuthnCredential]:
    """The person's passkeys, at most ten."""
    return WebAuthnCredential.objects.filter(user=user, confirmed=True).order_by("created_at", "pk")


def invitation(request: AccountsRequest, user: User) -> str:
    """What the browser has to ask of a new passkey, as JSON; its challenge is kept in the session."""
    options, state = Helper(request).register_begin(user=user)
    request.session[INVITATION] = [user.pk, time.time(), state]
    return json.dumps(options)


def add(request: AccountsRequest, user: User, name: str, answer: str) -> bool:
    """Add the passkey that gave this answer, note it, and tell the person; False if the answer is wrong or there are too many.

    Only beside an authenticator app, so that there is always a way without the passkey. Raises LogInEnded.
    """

    @transaction.atomic
    def adding(state: Any, data: Any) -> bool:
        person = second_factor.locked(request, user)
        if second_factor.app_of(person) is None or passkeys_of(person).count() >= MOST:
            return False
        passkey = Helper(request).register_complete(user=person, state=state, data=data)
        WebAuthnCredential.objects.filter(pk=passkey.pk).update(name=name)
        record(Kind.SECOND_FACTOR_ENROLLED, user=person, request=request, device="passkey")
        second_factor.tell("accounts/passkey_added", person, passkey=name)
        return True

    return bool(answered(request, INVITATION, user, answer, adding))


def question(request: AccountsRequest, user: User) -> str:
    """What the browser has to ask of the person's passkeys, as JSON, its challenge kept in the session; "" if they have none."""
    options, state = Helper(request).authenticate_begin(user=user, require_user_verification=False)
    if not options.get("allowCredentials"):
        return ""
    request.session[QUESTION] = [user.pk, time.time(), state]
    return json.dumps(options)


def proved(request: AccountsRequest, user: User, answer: str) -> WebAuthnCredential | None:
    """The passkey of this person that gave the answer; None, and an audit event, if it is wrong. Raises TooManyTries before it looks."""
    limit, subject = second_factor.count_of(request, user)
    demand(limit, subject)

    @transaction.atomic
    def proving(state: Any, data: Any) -> WebAuthnCredential:
        User.objects.touch(user.pk)
        passkey: WebAuthnCredential = Helper(request).authenticate_complete(user=user, state=state, data=data)
        if not passkey.confirmed:
            raise CredentialDisabled
        return passkey

    passkey = answered(request, QUESTION, user, answer, proving)
    if passkey is None:
        second_factor.note_failure(request, user)
        return None
    Throttle.objects.give_back([(limit, subject)])
    return passkey


@transaction.atomic
def remove(request: AccountsRequest, user: User, passkey: WebAuthnCredential) -> None:
    """Forget a passkey, end the other log-ins of the account, note it, and tell the person. Raises LogInEnded."""
    person = second_factor.locked(request, user)
    removed, _by_model = passkeys_of(person).filter(pk=passkey.pk).delete()
    if removed:
        second_factor.end_other_log_ins(request, person)
        record(Kind.SECOND_FACTOR_REMOVED, user=person, request=request, device="passkey")
        second_factor.tell("accounts/passkey_removed", person, passkey=passkey.name)


def answered(request: AccountsRequest, key: str, user: User, answer: str, check: Callable[[Any, Any], Answered]) -> Answered | None:
    """What `check` makes of the challenge that was kept under `key` and of the answer; None if there is no such challenge or the answer
    is wrong. The challenge is spent either way: the row of a throttle decides, for two requests may have read one session."""
    pk, since, state = request.session.pop(key, [0, 0, {}])
    if pk != user.pk or time.time() - since > LIFE or not Throttle.objects.admit(PASSKEY_CHALLENGE, state["challenge"]):
        return None
    try:
        return check(state, json.loads(answer))
    except BAD_ANSWERS:
        return None
