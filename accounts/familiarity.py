"""Whether a log-in comes from where the account was used before; of one that does not, a mail tells the person (ASVS 6.3.5).

docs/decisions/unfamiliar-log-ins.md says why the rule is what it is.
"""

from accounts.models import LoginSession
from accounts.personal_data import LOGIN_HISTORY
from infacta.browsers import device_of
from infacta.network import region_of
from mailroom.outgoing import write

LOOKED_AT = 100  # earlier log-ins, the latest ones


def tell_if_unfamiliar(session: LoginSession, *, known: bool) -> None:
    """Mail the person about a log-in that has just begun, in its transaction, unless it is a familiar one.

    A `known` browser, one that carries the account's greeting, is familiar without a look into the database. The session's user is as
    it was read before the log-in, with the last one before it: by that the first log-in of an account is told from one after a long silence.
    """
    if not known and is_unfamiliar(session):
        write("accounts/new_device", to=session.user.email, cause=f"new-device:{session.pk}", user=session.user, session=session)


def is_unfamiliar(session: LoginSession) -> bool:
    """Whether no earlier log-in of the last year was made with such a browser and system, or none from so near. One query, by index.

    The first log-in of an account is familiar. One after a year of silence is not: nothing is left to compare it with.
    """
    within = LOGIN_HISTORY.oldest(session.started_at)
    others = session.user.login_sessions.filter(started_at__gt=within).exclude(pk=session.pk)
    earlier = set(others.values_list("browser", "ip")[:LOOKED_AT])
    if not earlier:
        return session.user.last_login is not None
    devices = {device_of(browser) for browser, _ip in earlier}
    regions = {region_of(ip) if ip else "" for _browser, ip in earlier}
    return device_of(session.browser) not in devices or session.region not in regions
