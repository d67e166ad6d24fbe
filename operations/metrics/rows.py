"""Figures that the rows tell, asked for when Prometheus asks.

Each is one query that an index serves and that counts no further than MOST rows, or no more rows than a few minutes bring: no table is counted
through, however many customers there are. Each has a second on PostgreSQL; the names and what to alert on stand in docs/monitoring.md.
"""

import logging
import platform
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import django
from django.conf import settings
from django.db import Error
from django.db.models import Count, Min, QuerySet, Sum
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

from accounts.models import Hold, MisuseFinding
from announcements.models import Delivery
from audit.kinds import Kind
from audit.models import AuditEvent, Seal
from infacta.figures import at_most
from infacta.patience import within
from infacta.schedule import SWEEPS
from mailroom.models import MailState, OutgoingMail
from privacy.models import PromiseState, RetentionRun, SweepRun
from purchases.models import Purchase, WebhookEvent
from purchases.models.webhook_event import OPEN, EventState
from rights.models import SubjectRequest
from support.destruction.due import overdue_cases, overdue_destructions
from support.models import Case

log = logging.getLogger(__name__)
MOST = 1000
SECONDS = 1
LATELY, DAY, CASES_LATE = timedelta(minutes=5), timedelta(days=1), timedelta(days=2)
KINDS = (
    *(Kind.LOGIN_SUCCEEDED, Kind.LOGIN_FAILED, Kind.LOGIN_THROTTLED, Kind.SECOND_FACTOR_FAILED),
    *(Kind.DOWNLOAD_TAKEN, Kind.DOWNLOAD_REFUSED, Kind.NOTIFICATION_REFUSED),
    *(Kind.REGISTRATION_HELD, Kind.REGISTRATION_CONFIRMED, Kind.HOLD_PLACED),
)
Figures = Iterator[Metric]


class Rows:
    """What prometheus_client calls a collector."""

    def collect(self) -> Figures:
        yield from of_this_host()
        try:
            found = read(timezone.now())
        except Error as error:
            log.warning("The figures of the rows could not be read: %s", type(error).__name__)
            found = []
        yield gauge("infacta_rows_readable", "1 if the database told the figures below in time, 0 if not.", bool(found))
        yield from found


def read(now: datetime) -> list[Metric]:
    """Every figure of the rows; django.db.Error if the database does not answer, or not in time."""
    with within(SECONDS):
        return [figure for part in (queues, mailings, matters, events, sweeps, promises, audit_log) for figure in part(now)]


def of_this_host() -> Figures:
    build = {"django": django.get_version(), "python": platform.python_version()}
    yield InfoMetricFamily("infacta_build", "What this site is built of.", value=build)
    try:
        disk = shutil.disk_usage(settings.DATA_DIR)
    except OSError:
        return
    yield gauge("infacta_disk_free_bytes", "Room left in DATA_DIR.", disk.free)
    yield gauge("infacta_disk_size_bytes", "Size of the disk that DATA_DIR lies on.", disk.total)


def gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def labelled(name: str, text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], float(value))
    return family


def up_to(rows: QuerySet[Any]) -> int:
    return at_most(rows, MOST)


def age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def queues(now: datetime) -> Figures:
    notifications = WebhookEvent.objects.filter(state__in=OPEN)
    failed = WebhookEvent.objects.filter(state=EventState.FAILED, received_at__gt=now - DAY)
    yield gauge("infacta_notifications_waiting", "Partners' notifications to be worked on (1000 at most).", up_to(notifications))
    yield gauge("infacta_notifications_overdue_seconds", "For how long the first of them has been due.", overdue(notifications, now))
    yield gauge("infacta_notifications_failed", "Those of the last 24 hours that failed for good (1000 at most).", up_to(failed))
    mails = OutgoingMail.objects.filter(state__in=(MailState.PENDING, MailState.SENDING))
    failed_mails = OutgoingMail.objects.filter(state=MailState.FAILED, written_at__gt=now - DAY)
    yield gauge("infacta_mails_waiting", "Mails to be sent (1000 at most).", up_to(mails))
    yield gauge("infacta_mails_overdue_seconds", "For how long the first of them has been due.", overdue(mails, now))
    yield gauge("infacta_mails_failed", "Those of the last 24 hours that the relay refused (1000 at most).", up_to(failed_mails))


def overdue(rows: QuerySet[Any], now: datetime) -> float:
    return age(rows.aggregate(first=Min("next_try_at"))["first"], now)


def mailings(now: datetime) -> Figures:
    waiting = Delivery.objects.filter(state__in=("pending", "retry"))
    yield gauge("infacta_deliveries_waiting", "Announcements' mails to be sent (1000 at most).", up_to(waiting))


def matters(now: datetime) -> Figures:
    """What people wait for, and what should have been destroyed."""
    cases = Case.objects.waiting()
    yield gauge("infacta_cases_waiting", "Support cases that wait for an answer (1000 at most).", up_to(cases))
    late = cases.filter(waiting_since__lt=now - CASES_LATE)
    yield gauge("infacta_cases_late", "Those that have waited for more than two days (1000 at most).", up_to(late))
    requests = SubjectRequest.objects.due(now)
    yield gauge("infacta_subject_requests_due", "Reports and erasures that a worker should have in hand (1000 at most).", up_to(requests))
    over = SubjectRequest.objects.overdue(now)
    yield gauge("infacta_subject_requests_late", "Those of which the month that the law gives is over (1000 at most).", up_to(over))
    destructions = up_to(overdue_cases(now)) + up_to(overdue_destructions(now))
    yield gauge("infacta_destructions_late", "Support cases that should be destroyed and are not.", destructions)
    past = RetentionRun.objects.aggregate(rows=Sum("overdue"))["rows"] or 0
    yield gauge("infacta_retention_late_rows", "Rows past their retention, as the last walk counted them.", past)
    findings = MisuseFinding.objects.filter(state="open")
    yield gauge("infacta_findings_open", "Signs of misuse that nobody has decided about (1000 at most).", up_to(findings))
    yield gauge("infacta_holds", "Accounts on hold (1000 at most).", up_to(Hold.objects.in_force(now)))


def events(now: datetime) -> Figures:
    lately = AuditEvent.objects.filter(kind__in=KINDS, at__gt=now - LATELY).order_by()
    found = dict(lately.values_list("kind").annotate(times=Count("pk")))
    yield labelled(
        "infacta_events_lately", "Audit events of the last five minutes.", "kind", {str(kind): found.get(kind, 0) for kind in KINDS}
    )
    purchases = Purchase.objects.filter(recorded_at__gt=now - LATELY)
    yield gauge("infacta_purchases_lately", "Purchases fulfilled in the last five minutes (1000 at most).", up_to(purchases))


def sweeps(now: datetime) -> Figures:
    runs = {run.task: run for run in SweepRun.objects.all()}
    names = [sweep.task for sweep in SWEEPS]
    ended = {name: run.ended_at.timestamp() for name in names if (run := runs.get(name)) and run.ended_at}
    broken = {name: float(bool((run := runs.get(name)) and run.is_broken)) for name in names}
    yield labelled("infacta_sweep_last_success_timestamp_seconds", "When each sweep was last through.", "sweep", ended)
    yield labelled("infacta_sweep_broken", "1 if the sweep's last run failed.", "sweep", broken)


def promises(now: datetime) -> Figures:
    states = dict.fromkeys((value for value, _name in PromiseState._meta.get_field("outcome").flatchoices), 0)
    states |= dict(PromiseState.objects.order_by().values_list("outcome").annotate(number=Count("pk")))
    yield labelled("infacta_promises", "Promises, by how they stand.", "state", {str(key): value for key, value in states.items()})


def audit_log(now: datetime) -> Figures:
    last = Seal.objects.order_by("-number").values_list("last_id", flat=True).first() or 0
    yield gauge(
        "infacta_audit_unsealed", "Audit events that no seal covers yet (1000 at most).", up_to(AuditEvent.objects.filter(pk__gt=last))
    )
