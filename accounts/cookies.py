"""What the two permanent cookies of the area say: the greeting name, and the remembered address (promise C12).

Both are optional: to a browser that asks for Global Privacy Control they are not given, and what it still sends is not read.
"""

from typing import NamedTuple

from django.core import signing
from django.core.signing import TimestampSigner
from django.http import HttpRequest, HttpResponseBase

from accounts.models import User
from accounts.personal_data import ACCOUNT, GREETING
from privacy.cookies import Cookie
from privacy.gpc import opted_out

YEAR = GREETING.life

LOG_IN = "greeting"  # somebody logged in in this browser, with everything that the account demands
LINK = "greeting-by-link"  # somebody set the password by a link from a mail, and gave no second factor
NOTHING = "greeting-alone"


class Proved(NamedTuple):
    """What a browser proved, and when, as its greeting writes it."""

    proof: str
    since: str


class SignedAt(TimestampSigner):
    """Signs as of an earlier time, so that what is signed anew lives no longer."""

    def __init__(self, at: str, *, salt: str) -> None:
        super().__init__(salt=salt)
        self.at = at

    def timestamp(self) -> str:
        return self.at


def greet(request: HttpRequest, response: HttpResponseBase, user: User, proof: str) -> None:
    """Let this browser greet the person on the next visit; where they do not want that, or have no name, let it forget an earlier greeting.

    The name is signed twice: for everybody who asks whether the site wrote it, and inside with a key of the account, which says later
    what the browser has proved: `proof` is one of those above.
    """
    _greet(request, response, user, TimestampSigner(salt=_salt(proof, user)))


def greet_again(request: HttpRequest, response: HttpResponseBase, user: User, otherwise: str = NOTHING) -> None:
    """Greet by the name as it is now. A browser that has proved something keeps that, and its time; any other has proved `otherwise`.

    If it counted as a new one, whoever has got hold of a log-in could make as many as they like, and guess on with the tries of each.
    """
    if proved := _proved(request, user):
        _greet(request, response, user, SignedAt(proved.since, salt=_salt(proved.proof, user)))
    else:
        greet(request, response, user, otherwise)


def _greet(request: HttpRequest, response: HttpResponseBase, user: User, signer: TimestampSigner) -> None:
    if opted_out(request) or not user.greets or not user.greeting_name:
        take_away(GREETING, request, response)
        return
    GREETING.set_on(response, signing.Signer(salt="greeting").sign(signer.sign_object(user.greeting_name)))


def greeting_name(request: HttpRequest) -> str:
    """The name in the browser's greeting cookie; "" without one."""
    return name_in(_sent(GREETING, request))


def name_in(value: str) -> str:
    """The name in a greeting cookie of this value; "" if this site did not write it."""
    inner = _inner(value)
    if not inner:
        return ""
    name = signing.JSONSerializer().loads(signing.b64_decode(inner.partition(":")[0].encode()))
    return name if isinstance(name, str) else ""


def known_browser(request: HttpRequest, user: User | None, *proofs: str) -> str:
    """Which of the account's own browsers this is, to count its tries by; "" if it carries no greeting that was made for this very
    account after one of these proofs."""
    proved = _proved(request, user) if user else None
    return f"{_salt(proved.proof, user)}:{proved.since}" if user and proved and proved.proof in proofs else ""


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Fill in this address at the next log-in: only if "Remember this account" was ticked."""
    ACCOUNT.set_on(response, signing.dumps(user.email, salt="account"))


def forget(request: HttpRequest, response: HttpResponseBase) -> None:
    """Take the remembered address away again."""
    take_away(ACCOUNT, request, response)


def remembered_address(request: HttpRequest) -> str:
    """The address that this browser was asked to remember; "" if none was."""
    return address_in(_sent(ACCOUNT, request))


def address_in(value: str) -> str:
    """The address in an account cookie of this value; "" if this site did not write it, or more than a year ago."""
    try:
        return str(signing.loads(value, salt="account", max_age=YEAR))
    except signing.BadSignature:
        return ""


def knows_somebody(request: HttpRequest) -> bool:
    """Whether this browser keeps a name or an address that it could forget."""
    return bool(_sent(GREETING, request) or _sent(ACCOUNT, request))


def take_away(cookie: Cookie, request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the browser forget the cookie, if it has it."""
    if cookie.full_name in request.COOKIES:
        cookie.delete_from(response)


def _sent(cookie: Cookie, request: HttpRequest) -> str:
    return "" if opted_out(request) else request.COOKIES.get(cookie.full_name, "")


def _inner(greeting: str) -> str:
    try:
        return signing.Signer(salt="greeting").unsign(greeting)
    except signing.BadSignature:
        return ""


def _proved(request: HttpRequest, user: User) -> Proved | None:
    """What this browser proved when it was last greeted, and when that was; None without a greeting that was made for this very account."""
    inner = _inner(_sent(GREETING, request))
    for proof in (LOG_IN, LINK):
        try:
            signing.loads(inner, salt=_salt(proof, user), max_age=YEAR)
        except signing.BadSignature:
            continue
        return Proved(proof, inner.split(":")[-2])
    return None


def _salt(proof: str, user: User) -> str:
    return f"{proof}:{user.pk}"
