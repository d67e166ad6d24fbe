"""Whether an address and a password belong together: throttled before anything is hashed."""

from collections.abc import Callable

from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.addresses import address_key
from accounts.cookies import LINK, LOG_IN, known_browser
from accounts.limits import LOGIN_ACCOUNT, LOGIN_KNOWN_BROWSER, LOGIN_NETWORK, LOGIN_REFUSAL_NOTED, TooManyTries, demand_all
from accounts.models import Throttle, User
from accounts.models.throttle import Try
from audit.kinds import Kind
from audit.log import record
from infacta.network import client_ip, network_of
from privacy.areas import area_of


def user_with(request: HttpRequest, address: str, password: str, admits: Callable[[User], bool]) -> User | None:
    """The account of this address and password, or None; the same work is done for an address that nobody has.

    Somebody whom the area does not admit gets the same answer, and it counts as a failure: otherwise the area would tell whether
    a password is right.

    Raises TooManyTries before the password is looked at. A success gives back its own tries and no others: wiping the
    count would let somebody who has an account guess at others' for ever.
    """
    user = User.objects.filter(email_key=address_key(address)).first()
    tries = tries_of(request, address, user)
    area = area_of(request.path).slug
    try:
        demand_all(tries)
    except TooManyTries:
        if Throttle.objects.admit(LOGIN_REFUSAL_NOTED, address_key(address)):
            record(Kind.LOGIN_THROTTLED, user=user, request=request, area=area)
        raise
    if not has_password(user, password) or user is None or not admits(user):
        record(Kind.LOGIN_FAILED, user=user, request=request, area=area)
        return None
    Throttle.objects.give_back(tries)
    return user


def has_password(user: User | None, password: str) -> bool:
    """Whether this is the account's password; for nobody's account, and for one without a password, it takes as long."""
    if user is None or not user.has_usable_password():
        make_password(password)
        return False
    return user.check_password(password)


def tries_of(request: HttpRequest, address: str, user: User | None) -> list[Try]:
    """What a try counts against: the network and the account, or the known browser alone, so that strangers cannot use up its tries."""
    if browser := known_browser(request, user, LOG_IN, LINK):
        return [(LOGIN_KNOWN_BROWSER, browser)]
    return [(LOGIN_NETWORK, network_of(client_ip(request))), (LOGIN_ACCOUNT, address_key(address))]
