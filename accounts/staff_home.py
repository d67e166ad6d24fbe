"""What accounts tell staff's home: log-ins, accounts opened, signs of misuse, holds and appeals."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import Appeal, Hold, MisuseFinding
from accounts.models.finding import FindingState
from audit.counting import audited
from audit.kinds import Kind
from infacta.figures import MONITOR, Listed, Reading, Standing, at_most, oldest, register

FINDINGS, HOLDS = "admin:accounts_misusefinding_changelist", "admin:accounts_hold_changelist"


def to_review(now: datetime) -> Reading:
    """As the queue of staff counts them."""
    return Reading(at_most(MisuseFinding.objects.to_review()))


def open_findings(now: datetime) -> Reading:
    return Reading(at_most(MisuseFinding.objects.filter(state=FindingState.OPEN)))


def appeals(now: datetime) -> Reading:
    waiting = Appeal.objects.filter(destroyed_at=None, hold__ended_at=None)
    return Reading(at_most(Hold.objects.appealed()), since=oldest(waiting, "written_at").since)


def in_force(now: datetime) -> Reading:
    return Reading(at_most(Hold.objects.in_force(now)))


register(
    audited(
        "log-ins",
        _("Log-ins"),
        _("Log-ins of customers and of staff that succeeded, and those that were refused, by what refused them. From the audit log."),
        [Kind.LOGIN_SUCCEEDED, Kind.LOGIN_FAILED, Kind.LOGIN_THROTTLED, Kind.LOGIN_REFUSED, Kind.SECOND_FACTOR_FAILED],
        position=40,
    ),
    audited(
        "accounts",
        _("Accounts"),
        _("Accounts that were opened, whatever opened them, and accounts that were closed for good. From the audit log."),
        [Kind.ACCOUNT_OPENED, Kind.ACCOUNT_CLOSED],
        position=25,
    ),
    audited(
        "misuse",
        _("Signs of misuse"),
        _("Signs that detectors or customers reported, and those that staff dismissed. From the audit log."),
        [Kind.MISUSE_FOUND, Kind.MISUSE_DISMISSED],
        position=60,
    ),
    audited(
        "holds",
        _("Holds"),
        _("Accounts that were put on hold, and holds that were lifted or expired. From the audit log."),
        [Kind.HOLD_PLACED, Kind.HOLD_LIFTED, Kind.HOLD_EXPIRED],
        position=65,
    ),
    Standing(
        "findings-to-review",
        _("Signs of misuse to be reviewed"),
        MONITOR,
        Listed(FINDINGS),
        to_review,
        is_wrong=True,
        position=30,
    ),
    Standing("findings-open", _("Signs of misuse open"), MONITOR, Listed(FINDINGS, only=(("what", "open"),)), open_findings, position=31),
    Standing(
        "appeals", _("Appeals against holds"), MONITOR, Listed(HOLDS, only=(("state", "appealed"),)), appeals, is_wrong=True, position=20
    ),
    Standing("holds-in-force", _("Holds in force"), MONITOR, Listed(HOLDS, only=(("state", "in_force"),)), in_force, position=32),
)
