"""What an account did in the weeks around a finding, as a picture: dots in time, a row for each place and browser."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.audit_windows import COLUMNS, event_of
from accounts.detectors import Event
from accounts.models import User
from audit.kinds import Kind
from audit.models import AuditEvent
from infacta.charts import dots

BEFORE, AFTER = timedelta(days=75), timedelta(days=15)
MOST_DOTS = 2_000
MOST_ROWS = 8
FAILED = "failed"
KINDS = (Kind.LOGIN_SUCCEEDED, Kind.LOGIN_FAILED, Kind.SECOND_FACTOR_FAILED, Kind.DOWNLOAD_TAKEN, Kind.DOWNLOAD_REFUSED)


def timeline(user: User, around: datetime) -> SafeString:
    """The picture of 90 days: the rows with most events by themselves, the others in one."""
    rows: dict[str, list[datetime]] = defaultdict(list)
    for event in events_of(user, around):
        rows[row_of(event)].append(event.at)
    failed = rows.pop(FAILED, [])
    loudest = [name for name, _many in Counter({name: len(times) for name, times in rows.items()}).most_common(MOST_ROWS)]
    shown = {name: rows.pop(name) for name in sorted(loudest)}
    if rows:
        shown[_("elsewhere")] = [at for times in rows.values() for at in times]
    if failed:
        shown[_("failed attempts")] = failed
    series = {name: [(at, float(len(shown) - number)) for at in times] for number, (name, times) in enumerate(shown.items())}
    return dots(_("Log-ins and downloads by network and browser"), series)


def events_of(user: User, around: datetime) -> list[Event]:
    """The latest events of the 90 days, as many as a picture can show."""
    events = AuditEvent.objects.filter(user=user, kind__in=KINDS, at__gte=around - BEFORE, at__lte=around + AFTER)
    return [event_of(row) for row in events.order_by("-at", "-pk").values_list(*COLUMNS)[:MOST_DOTS]]


def row_of(event: Event) -> str:
    """Which row of dots an event belongs to: "203.0.0.0/16, Firefox on Windows"."""
    place = event.region or _("unknown network")
    if event.kind == Kind.LOGIN_SUCCEEDED:
        return f"{place}, {event.device or _('unknown browser')}"
    if event.kind in (Kind.DOWNLOAD_TAKEN, Kind.DOWNLOAD_REFUSED):
        return f"{place}, {_('downloads')}"
    return FAILED
