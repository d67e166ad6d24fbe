"""What this installation knows of the promises that support makes (G7, G8, D3)."""

from django.utils import timezone

from privacy.promise_checks import Outcome, checks
from support.destruction.replaying import what_is_wrong
from support.destruction.standing import NIGHTS, PURGE, RECONCILE, SILENT, references, silent_since, standing
from support.models import Reconciliation, SweepMark


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
