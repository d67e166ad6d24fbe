"""“This was not me”: a log-in or a download that a customer does not know as their own (promises C4, C16).

Whoever reports may be the owner, or somebody who got in and wants the owner out. So a report gives no more than both may have: the
other log-ins end, a mail goes to the address of the account, and staff look. The password stays until somebody gives the old one.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import address_change
from accounts.models import LoginSession, MisuseFinding, User
from accounts.models.finding import REPORTED_BY_CUSTOMER, FindingState
from accounts.models.login_session import EndReason
from accounts.other_sessions import end_all
from accounts.personal_data import REPORTED
from accounts.requests import AccountsRequest
from audit.kinds import Kind
from audit.log import record
from audit.models import AuditEvent
from infacta.browsers import device_of
from mailroom.outgoing import write
from privacy.ribbon import note

SCORE = 60  # enough for a look by staff, never for a hold
MOST = 50  # reports that one finding lists


@dataclass(frozen=True)
class Reported:
    """What was reported: a log-in or a download, its number, and what is known of it."""

    what: str
    number: int
    at: datetime
    ip: str | None
    of: str  # browser and system, or the file

    @classmethod
    def log_in(cls, session: LoginSession) -> "Reported":
        return cls("login", session.pk, session.started_at, session.ip, device_of(session.browser))

    @classmethod
    def download(cls, event: AuditEvent) -> "Reported":
        return cls("download", event.pk, event.at, event.ip, str(event.detail.get("file", "")))

    @property
    def is_log_in(self) -> bool:
        return self.what == "login"

    @property
    def evidence(self) -> dict[str, object]:
        return asdict(self) | {"at": self.at.isoformat()}

    @property
    def sentence(self) -> str:
        """For staff: in the language and the time zone of the site."""
        with translation.override(settings.LANGUAGE_CODE), timezone.override(timezone.get_default_timezone()):
            if self.is_log_in:
                said = _("Reported from within the account as somebody else's: the log-in of %(at)s from %(ip)s with %(of)s.")
            else:
                said = _("Reported from within the account as somebody else's: the download of %(at)s from %(ip)s, %(of)s.")
            when = date_format(timezone.localtime(self.at), "DATETIME_FORMAT")
            return said % {"at": when, "ip": self.ip or "?", "of": self.of or "?"}


@transaction.atomic
def report(request: AccountsRequest, reported: Reported) -> None:
    """End the person's other log-ins and a change of address that waits, open a review for staff, and confirm it by mail. What was reported already is not reported again.

    Raises accounts.other_sessions.LogInEnded.
    """
    end_all(request, EndReason.REPORTED)
    address_change.cancel(request, request.user)  # whoever else was here may have asked for another address
    note(request, REPORTED)
    finding = reviewed(request, reported)
    if finding is None:
        return
    facts = {"finding": finding.pk, "download" if not reported.is_log_in else "login_session": reported.number}
    record(Kind.LOGIN_REPORTED, user=request.user, request=request, **facts)
    cause = f"reported:{finding.pk}:{reported.what}:{reported.number}"
    write("accounts/login_reported", to=request.user.email, cause=cause, user=request.user, reported=reported)


def reviewed(request: AccountsRequest, reported: Reported) -> MisuseFinding | None:
    """The open review of this account, with this report in its evidence; None if it was there. The account is locked."""
    finding = open_review(request.user)
    if finding is None:
        return opened(request, reported)
    reports = finding.evidence.get("reports", [])
    if len(reports) >= MOST or any((one["what"], one["number"]) == (reported.what, reported.number) for one in reports):
        return None
    finding.evidence = {"reports": [*reports, reported.evidence]}
    finding.explanation += f"\n{reported.sentence}"
    finding.first_at, finding.last_at = min(finding.first_at, reported.at), timezone.now()
    finding.save(update_fields=["evidence", "explanation", "first_at", "last_at"])
    return finding


def open_review(user: User) -> MisuseFinding | None:
    """Locked until the commit; one that staff have decided meanwhile is not open any more."""
    reviews = MisuseFinding.objects.select_for_update(of=("self",))
    return reviews.filter(detector=REPORTED_BY_CUSTOMER, user=user, state=FindingState.OPEN).first()


def opened(request: AccountsRequest, reported: Reported) -> MisuseFinding:
    finding = MisuseFinding.objects.create(
        detector=REPORTED_BY_CUSTOMER,
        user=request.user,
        score=SCORE,
        explanation=reported.sentence,
        evidence={"reports": [reported.evidence]},
        first_at=reported.at,
        last_at=timezone.now(),
    )
    record(Kind.MISUSE_FOUND, user=request.user, request=request, finding=finding.pk, detector=REPORTED_BY_CUSTOMER, score=SCORE)
    return finding
