"""Unlock codes that somebody sends without a log-in: throttled against probing, and those that there are not are recorded."""

from django.http import HttpRequest

from accounts.limits import CODE_CHECK_NETWORK, CODE_CHECK_UNKNOWN, demand_all
from accounts.models import Throttle
from audit.kinds import Kind
from audit.log import record
from downloads.codes.states import State, found
from downloads.models import UnlockCode
from infacta.network import client_ip, network_of


def tried(request: HttpRequest, typed: str) -> UnlockCode | None:
    """The code that was sent, as `found` finds it; None if there is none, which is written down.

    Every try counts, and until its code is found also as one after an unknown code: whoever has used those up learns of no code any more.
    Raises TooManyTries.
    """
    network = network_of(client_ip(request))
    demand_all([(CODE_CHECK_NETWORK, network), (CODE_CHECK_UNKNOWN, network)])
    code = found(typed)
    if code is None:
        record(Kind.UNLOCK_CODE_REFUSED, request=request, reason=State.UNKNOWN.value)
        return None
    Throttle.objects.give_back([(CODE_CHECK_UNKNOWN, network)])
    return code
