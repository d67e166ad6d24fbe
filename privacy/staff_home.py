"""What privacy tells staff's home: how the promises stand, and whether destroyers and sweeps do their work."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from infacta.figures import MONITOR, Listed, Reading, Standing, register
from infacta.schedule import SWEEPS
from privacy.ledger import LEDGER
from privacy.looks.sweeps import late
from privacy.models import PromiseState, RetentionRun
from privacy.models.promise import Outcome
from privacy.promise_states import STALE
from privacy.retention.standing import SILENT

PROMISES_PAGE = Listed("privacy_staff:promises")


def of_promises(outcome: Outcome, now: datetime) -> int:
    return PromiseState.objects.filter(outcome=outcome, looked_at__gte=now - STALE).count()


def broken(now: datetime) -> Reading:
    return Reading(of_promises(Outcome.BROKEN, now), of=len(LEDGER))


def kept(now: datetime) -> Reading:
    return Reading(of_promises(Outcome.KEPT, now), of=len(LEDGER))


def unknown(now: datetime) -> Reading:
    """What nobody has looked at lately is not known either."""
    return Reading(len(LEDGER) - of_promises(Outcome.BROKEN, now) - of_promises(Outcome.KEPT, now), of=len(LEDGER))


def retention_late(now: datetime) -> Reading:
    return Reading(RetentionRun.objects.wrong(now - SILENT).count())


def sweeps_late(now: datetime) -> Reading:
    return Reading(len(late(now)), of=len(SWEEPS))


register(
    Standing("promises-broken", _("Promises broken"), MONITOR, PROMISES_PAGE, broken, is_wrong=True, position=1),
    Standing("promises-kept", _("Promises kept"), MONITOR, PROMISES_PAGE, kept, position=2),
    Standing("promises-unknown", _("Promises of which nobody can tell"), MONITOR, PROMISES_PAGE, unknown, position=3),
    Standing(
        "retention-late",
        _("Destroyers that failed or are late"),
        MONITOR,
        Listed("retention:standing"),
        retention_late,
        is_wrong=True,
        position=15,
    ),
    Standing("sweeps-late", _("Sweeps that are late"), MONITOR, Listed("retention:standing"), sweeps_late, is_wrong=True, position=16),
)
