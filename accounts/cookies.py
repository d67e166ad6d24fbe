"""What the two permanent cookies of the area say: the greeting name, and the remembered address (promise C12)."""

from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from accounts.models import User
from accounts.personal_data import ACCOUNT, GREETING

YEAR = GREETING.life


def greet(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Let this browser greet the person on the next visit.

    The name is signed twice: for everybody who asks whether the site wrote it, and inside with a key of the account,
    which proves later that this browser is one of the account's own.
    """
    inner = signing.dumps(user.greeting_name, salt=_account_salt(user))
    GREETING.set_on(response, signing.Signer(salt="greeting").sign(inner))


def greeting_name(request: HttpRequest) -> str:
    """The name in the browser's greeting cookie; "" without one."""
    inner = _inner_greeting(request)
    if not inner:
        return ""
    payload = inner.partition(":")[0]
    name = signing.JSONSerializer().loads(signing.b64_decode(payload.encode()))
    return name if isinstance(name, str) else ""


def is_known_browser(request: HttpRequest, user: User | None) -> bool:
    """Whether this browser carries a greeting that was made for this very account."""
    if user is None:
        return False
    try:
        signing.loads(_inner_greeting(request), salt=_account_salt(user), max_age=YEAR)
    except signing.BadSignature:
        return False
    return True


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Fill in this address at the next log-in: only if "Remember this account" was ticked."""
    ACCOUNT.set_on(response, signing.dumps(user.email, salt="account"))


def forget(request: HttpRequest, response: HttpResponseBase) -> None:
    """Take the remembered address away again."""
    if ACCOUNT.full_name in request.COOKIES:
        ACCOUNT.delete_from(response)


def remembered_address(request: HttpRequest) -> str:
    """The address that this browser was asked to remember; "" if none was."""
    try:
        return str(signing.loads(request.COOKIES.get(ACCOUNT.full_name, ""), salt="account", max_age=YEAR))
    except signing.BadSignature:
        return ""


def _inner_greeting(request: HttpRequest) -> str:
    try:
        return signing.Signer(salt="greeting").unsign(request.COOKIES.get(GREETING.full_name, ""))
    except signing.BadSignature:
        return ""


def _account_salt(user: User) -> str:
    return f"greeting:{user.pk}"
