"""Unlock codes that somebody sends without a log-in: throttled against probing, and those that there are not are recorded."""

from django.http import HttpRequest

from accounts.limits import CODE_CHECK_NETWORK, CODE_CHECK_UNKNOWN, demand
from audit.kinds import Kind
from audit.log import record
from downloads.codes.states import State, found
from downloads.models import UnlockCode
from infacta.network import client_ip, network_of


def tried(request: HttpRequest, typed: str) -> UnlockCode | None:
    """The code that was sent, as `found` finds it; None if there is none, which is written down. Raises TooManyTries.

    Codes that there are not have a count of their own, by which good ones are not refused: a code has ninety random bits, so nobody finds one
    by trying, and one bad program in a house must not keep the others in it from their updates. What it fills is the audit log.
    Never in a transaction of the caller's: a try that is refused counts all the same.
    """
    network = network_of(client_ip(request))
    demand(CODE_CHECK_NETWORK, network)
    code = found(typed)
    if code is None:
        demand(CODE_CHECK_UNKNOWN, network)
        record(Kind.UNLOCK_CODE_REFUSED, request=request, reason=State.UNKNOWN.value)
    return code
