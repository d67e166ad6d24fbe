"""What this installation knows of the promises that support makes (G7, G8, D3), and of C8, C9, C10, C18 and C19."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from audit.kinds import Kind as Fact
from audit.models import AuditEvent
from privacy.promise_checks import Outcome, checks
from support.destruction.replaying import what_is_wrong
from support.destruction.standing import NIGHTS, PURGE, RECONCILE, SILENT, references, silent_since, standing
from support.models import Case, CorrectionRequest, Feedback, ProofOfPurchase, Reconciliation, Reinstatement, SweepMark
from support.models.case import Life, State
from support.models.correction import CorrectionOutcome
from support.vault import keyring

AN_HOUR = timedelta(hours=1)
A_MONTH = timedelta(days=30)
"""Within a month whoever asks by right is answered (GDPR article 12(3))."""
TWO_WEEKS = timedelta(days=14)
SAMPLE = 200


@checks("G7", "G8")
def what_is_due_is_destroyed() -> tuple[Outcome, str]:
    now = standing(timezone.now())
    if now.failed or now.late:
        named = ", ".join(dict.fromkeys(references("failed") + references("late")))
        return Outcome.BROKEN, f"{now.late} cases should have been destroyed an hour ago or longer, and {now.failed} failed: {named}"
    return Outcome.KEPT, f"{now.due} cases are due, none is late, none failed, {now.held} are kept for a suspicion of fraud"


@checks("D3", "G8")
def a_worker_looks() -> tuple[Outcome, str]:
    mark = SweepMark.objects.filter(name=PURGE).first()
    if mark is None or mark.ended_at is None:
        return Outcome.UNKNOWN, "no worker has looked for cases that are due yet"
    if since := silent_since(PURGE, SILENT):
        return Outcome.BROKEN, f"no worker has looked for cases that are due since {since:%Y-%m-%d %H:%M} UTC"
    return Outcome.KEPT, f"a worker looked for cases that are due at {mark.ended_at:%Y-%m-%d %H:%M} UTC"


@checks("G8")
def no_backup_brought_anything_back() -> tuple[Outcome, str]:
    if sentence := what_is_wrong():
        return Outcome.BROKEN, sentence
    return Outcome.KEPT, "every destruction that the log names is in the database"


@checks("G7", "G8")
def keys_and_files_belong_to_cases() -> tuple[Outcome, str]:
    found = Reconciliation.objects.exclude(ended_at=None).first()
    if found is None:
        return Outcome.UNKNOWN, "no reconciliation was made yet"
    if since := silent_since(RECONCILE, NIGHTS):
        return Outcome.BROKEN, f"no reconciliation since {since:%Y-%m-%d %H:%M} UTC"
    said = f"of {found.keys} keys and {found.files} files on {found.began_at:%Y-%m-%d}: "
    if found.returned_keys or found.stuck:
        return Outcome.BROKEN, said + f"{found.returned_keys} had come back, and {found.stuck} were not removed"
    if not found.is_in_order:
        return Outcome.UNKNOWN, said + f"{found.keyless_cases} cases have lost their key, and {found.missing_files} files are missing"
    return Outcome.KEPT, said + "all belong to cases that are there"


@checks("C8")
def proofs_are_discarded() -> tuple[Outcome, str]:
    """A proof of purchase goes with the decision, or when the time is over for which it was kept."""
    late = timezone.now() - AN_HOUR
    outlived = ProofOfPurchase.objects.filter(
        Q(retained_until__lte=late) | Q(retained_until=None, case__state=State.CLOSED, case__closed_at__lte=late)
    )
    if count := outlived.count():
        return Outcome.BROKEN, f"{count} proofs of purchase serve nothing any more, and were not discarded within an hour"
    kept = ProofOfPurchase.objects.exclude(retained_until=None).count()
    return Outcome.KEPT, f"no proof of purchase is kept that serves nothing any more; {kept} are kept for a suspicion of fraud"


@checks("C9")
def priority_cases_have_their_account() -> tuple[Outcome, str]:
    """The latest that are open: what was told at their beginning, the browser included, is there, and the key that opens it too. It is not read."""
    cases = Case.objects.waiting().filter(is_priority=True)[:SAMPLE]
    if lost := [case.reference for case in cases if not (case.sealed_details and keyring.exists(case.key_name))]:
        return Outcome.BROKEN, f"what was recorded with priority cases is lost: {', '.join(lost[:5])}"
    return Outcome.KEPT, f"{len(cases)} priority cases wait for us, each with what was recorded of its browser, sealed"


@checks("C10")
def feedback_is_kept() -> tuple[Outcome, str]:
    """What was given lately is there; a suggestion may have been erased because whoever gave it asked for that."""
    since = AuditEvent.objects.filter(kind=Fact.FEEDBACK_GIVEN, at__gt=timezone.now() - A_MONTH).order_by("-at").values("at")[:SAMPLE]
    given = len(since)
    if not given:
        return Outcome.UNKNOWN, "nobody has given feedback within a month"
    oldest: datetime = min(row["at"] for row in since)
    kept = Feedback.objects.filter(written_at__gte=oldest.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)).count()
    if kept < given:
        return Outcome.UNKNOWN, f"of the latest {given} suggestions {given - kept} are gone: erased on request, one would hope"
    return Outcome.KEPT, f"the latest {given} suggestions are kept"


@checks("C18", "R5")
def corrections_are_decided() -> tuple[Outcome, str]:
    waiting = CorrectionRequest.objects.filter(outcome=CorrectionOutcome.WAITING, case__life=Life.LIVE).exclude(case__state=State.CLOSED)
    return answered_in_time(waiting.filter(case__opened_at__lt=timezone.now() - A_MONTH).count(), waiting.count(), "corrections", "a month")


@checks("C19", "R5")
def appeals_are_decided() -> tuple[Outcome, str]:
    waiting = Reinstatement.objects.filter(decided_at=None)
    return answered_in_time(
        waiting.filter(asked_at__lt=timezone.now() - TWO_WEEKS).count(), waiting.count(), "requests for reinstatement", "two weeks"
    )


def answered_in_time(late: int, waiting: int, what: str, time: str) -> tuple[Outcome, str]:
    if late:
        return Outcome.BROKEN, f"{late} {what} have waited for longer than {time}"
    return Outcome.KEPT, f"{waiting} {what} wait for staff, none of them for longer than {time}"
