"""What support tells staff's home: cases opened, answered and closed, those that wait, and destructions that are due or late."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.counting import audited
from audit.kinds import Kind
from infacta.figures import MONITOR, Listed, Own, Reading, Standing, at_most, oldest, register
from support.destruction import due
from support.models import Case, Destruction
from support.models.case import State

WORK = "support.work_case"
QUEUE = "support_live:queue"


def waiting(now: datetime) -> Reading:
    return oldest(Case.objects.waiting(), "waiting_since")


def answered(now: datetime) -> Reading:
    return Reading(at_most(Case.objects.live().filter(state=State.ANSWERED)))


def destructions_due(now: datetime) -> Reading:
    return Reading(at_most(due.undestroyed(now)))


def destructions_late(now: datetime) -> Reading:
    return Reading(at_most(due.overdue_cases(now)) + at_most(due.overdue_destructions(now)))


def destructions_failed(now: datetime) -> Reading:
    return Reading(at_most(Destruction.objects.failed()))


def mine(staff: Any) -> int:
    return Case.objects.waiting().filter(assigned_to=staff).count()


register(
    audited(
        "cases",
        _("Cases"),
        _("Support cases opened, answered and closed, each counted when that happened. From the audit log, which keeps no word of any."),
        [Kind.CASE_OPENED, Kind.CASE_ANSWERED, Kind.CASE_CLOSED],
        position=50,
        permission=WORK,
        lists=False,
    ),
    audited(
        "destructions",
        _("Cases destroyed"),
        _("Support cases of which everything that was told has been destroyed. From the audit log."),
        [Kind.CASE_DESTROYED],
        position=55,
    ),
    Standing("cases-waiting", _("Cases that wait for us"), WORK, Listed(QUEUE), waiting, is_wrong=True, position=35),
    Standing("cases-answered", _("Cases answered"), WORK, Listed(QUEUE, only=(("state", "answered"),)), answered, position=36),
    Standing(
        "destructions-due", _("Destructions due"), MONITOR, Listed("admin:support_destruction_changelist"), destructions_due, position=12
    ),
    Standing(
        "destructions-late",
        _("Destructions late"),
        MONITOR,
        Listed("admin:support_destruction_changelist"),
        destructions_late,
        is_wrong=True,
        position=10,
    ),
    Standing(
        "destructions-failed",
        _("Destructions that failed"),
        MONITOR,
        Listed("admin:support_destruction_changelist", only=(("state__exact", "failed"),)),
        destructions_failed,
        is_wrong=True,
        position=11,
    ),
    Own("cases-mine", _("Your cases that wait for us"), WORK, Listed(QUEUE, only=(("whose", "mine"),)), mine),
)
