"""What the two permanent cookies of the area say: the greeting name, and the remembered address (promise C12).

Both are optional: to a browser that asks for Global Privacy Control they are not given, and what it still sends is not read.
"""

from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from accounts.models import User
from accounts.personal_data import ACCOUNT, GREETING
from privacy.gpc import opted_out
from privacy.registry import Cookie

YEAR = GREETING.life


def greet(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Let this browser greet the person on the next visit; where they do not want that, or have no name, let it forget an earlier greeting.

    The name is signed twice: for everybody who asks whether the site wrote it, and inside with a key of the account,
    which proves later that this browser is one of the account's own.
    """
    if opted_out(request) or not user.greets or not user.greeting_name:
        take_away(GREETING, request, response)
        return
    inner = signing.dumps(user.greeting_name, salt=_account_salt(user))
    GREETING.set_on(response, signing.Signer(salt="greeting").sign(inner))


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


def is_known_browser(request: HttpRequest, user: User | None) -> bool:
    """Whether this browser carries a greeting that was made for this very account."""
    if user is None:
        return False
    try:
        signing.loads(_inner(_sent(GREETING, request)), salt=_account_salt(user), max_age=YEAR)
    except signing.BadSignature:
        return False
    return True


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


def _account_salt(user: User) -> str:
    return f"greeting:{user.pk}"
