"""What was done with an account, as its owner reads it: from the audit log alone (promises C6, C7, C16).

Every query names the person and, through the index of person and time, reads nobody else's rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from audit.kinds import Kind
from audit.models import AuditEvent
from infacta.charts import columns

DAYS = 90
COUNTED = (Kind.LOGIN_SUCCEEDED, Kind.LOGIN_FAILED, Kind.DOWNLOAD_TAKEN)
CHANGES = (
    Kind.ACCOUNT_OPENED,
    Kind.PASSWORD_REQUESTED,
    Kind.PASSWORD_CHANGED,
    Kind.SECOND_FACTOR_ENROLLED,
    Kind.SECOND_FACTOR_REMOVED,
    Kind.RECOVERY_CODES_RENEWED,
    Kind.RECOVERY_CODE_USED,
    Kind.CONTACT_CHANGED,
    Kind.PREFERENCES_CHANGED,
    Kind.MARKETING_REFUSED,
    Kind.MARKETING_WELCOMED,
    Kind.ADDRESS_CHANGE_ASKED,
    Kind.ADDRESS_CHANGE_CONFIRMED,
    Kind.ADDRESS_CHANGE_CANCELLED,
    Kind.ADDRESS_CHANGED,
    Kind.ADDRESS_RESTORED,
    Kind.LOGIN_REPORTED,
    Kind.DOWNLOAD_RETURNED,
    Kind.UNLOCK_CODE_REISSUED,
    Kind.UNLOCK_CODE_SENT,
    Kind.HOLD_PLACED,
    Kind.HOLD_APPEALED,
    Kind.HOLD_EXPIRED,
    Kind.REPORT_ASKED,
    Kind.REPORT_TAKEN,
)
NOT_TOLD = (Kind.MISUSE_FOUND, Kind.MISUSE_DISMISSED)
"""What staff think of a pattern, before anything follows from it; that they opened the record for it is told."""

REASON_TOLD = (
    Kind.RECORD_OPENED,
    Kind.RECORD_CHANGED,
    Kind.ENTITLEMENT_CHANGED,
    Kind.ENTITLEMENT_REVOKED,
    Kind.UNLOCK_CODE_REISSUED,
    Kind.UNLOCK_CODE_SENT,
    Kind.UPGRADES_CHANGED,
    Kind.LOGIN_ENDED,
    Kind.EVIDENCE_TAKEN,
)
"""The kinds whose reason is stated to the customer. That of a hold is written for staff; the customer has a text of its own."""


def downloads_of(user: User) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(user=user, kind=Kind.DOWNLOAD_TAKEN)


def acts_of_staff(user: User) -> QuerySet[AuditEvent]:
    """What members of staff did to the account, whoever they are; what the person did as staff themselves is not among it."""
    return AuditEvent.objects.filter(user=user, actor__isnull=False).exclude(actor=user).exclude(kind__in=NOT_TOLD)


def changes_of(user: User) -> QuerySet[AuditEvent]:
    """What changed in the account itself and in what guards it, unless staff did it."""
    return AuditEvent.objects.filter(user=user, actor=None, kind__in=CHANGES)


@dataclass(frozen=True)
class Day:
    """How often something happened on a day."""

    day: date
    log_ins: int
    failed: int
    downloads: int


@dataclass(frozen=True)
class Picture:
    """The last 90 days, day by day, today being the last."""

    days: Sequence[Day]

    @property
    def busy_days(self) -> list[Day]:
        """Those on which anything happened, the latest first."""
        return [day for day in reversed(self.days) if day.log_ins or day.failed or day.downloads]

    @property
    def log_ins(self) -> int:
        return sum(day.log_ins for day in self.days)

    @property
    def failed(self) -> int:
        return sum(day.failed for day in self.days)

    @property
    def downloads(self) -> int:
        return sum(day.downloads for day in self.days)

    def svg(self) -> SafeString:
        """Columns of log-ins, failed log-ins and downloads, a day each."""
        series = {
            _("Log-ins"): [day.log_ins for day in self.days],
            _("Failed log-ins"): [day.failed for day in self.days],
            _("Downloads"): [day.downloads for day in self.days],
        }
        labels = [date_format(day.day, "j M") for day in self.days]
        return columns(_("Log-ins, failed log-ins and downloads of the last 90 days"), labels, series)


def picture_of(user: User) -> Picture:
    """The picture of an account: one query, grouped by the days of the reader's time zone."""
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    begin = timezone.make_aware(datetime.combine(days[0], time.min))
    events = AuditEvent.objects.filter(user=user, at__gte=begin, kind__in=COUNTED).order_by()
    rows = events.annotate(day=TruncDate("at")).values_list("day", "kind").annotate(Count("pk"))
    counts = {(day, kind): count for day, kind, count in rows}
    return Picture([Day(day, *(counts.get((day, kind), 0) for kind in COUNTED)) for day in days])
