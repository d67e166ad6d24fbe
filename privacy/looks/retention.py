"""What this installation knows of the promises that say how long something is kept: is it gone in time, and does anybody look?"""

from django.utils import timezone

from privacy.models import RetentionRun
from privacy.promise_checks import Outcome, checks
from privacy.retention.standing import SILENT, overdue
from privacy.retention.walking import rules_of_destroyers

NAMED = 3
SUPPORT = ("case", "diagnostics-upload", "incoming-mail-to-support")
"""The rules of what somebody tells support (G8)."""
PROOFS = ("proof-of-purchase", "login-help-history")
"""The rules of those who cannot log in (C8)."""


def state_of(rules: tuple[str, ...] = ()) -> tuple[Outcome, str]:
    """Whether nothing is overdue by these rules (by any, if none is named), and their destroyers were through lately."""
    now = timezone.now()
    found = [one for one in overdue(now) if not rules or one.rule in rules]
    if late := [one for one in found if one.rows.rows]:
        named = "; ".join(f"{one.rule}: {one.rows} of {one.model}{since(one.oldest)}" for one in late[:NAMED])
        return Outcome.BROKEN, f"rows are there that should have been destroyed three hours ago or longer, by {len(late)} rules: {named}"
    destroyers = {name for name, enforced in rules_of_destroyers().items() if not rules or {rule.slug for rule in enforced} & set(rules)}
    runs = {run.destroyer: run for run in RetentionRun.objects.filter(destroyer__in=destroyers)}
    if failed := [run for run in runs.values() if run.is_broken]:
        named = "; ".join(
            f"{run.destroyer} ({run.tries} times in a row: {run.problem or 'it did not come back'})" for run in failed[:NAMED]
        )
        return Outcome.BROKEN, f"{len(failed)} destroyers failed at their last try: {named}"
    if found:
        return Outcome.UNKNOWN, f"the database took too long to count what is overdue, such as {found[0].model} by {found[0].rule}"
    return ran(destroyers, runs)


def ran(destroyers: set[str], runs: dict[str, RetentionRun]) -> tuple[Outcome, str]:
    never = sorted(name for name in destroyers if name not in runs or runs[name].ended_at is None)
    silent = sorted(name for name, run in runs.items() if run.ended_at and run.ended_at < timezone.now() - SILENT)
    if silent:
        oldest = min(run.ended_at for run in runs.values() if run.ended_at)
        return Outcome.BROKEN, f"{len(silent)} destroyers were not through for three hours; {silent[0]} since {oldest:%Y-%m-%d %H:%M} UTC"
    if never:
        return Outcome.UNKNOWN, f"nothing is overdue, and {len(never)} destroyers were never through yet, such as {never[0]}"
    return Outcome.KEPT, f"nothing is overdue, and all {len(destroyers)} destroyers were through in the last three hours"


def since(oldest: object) -> str:
    return f" since {oldest:%Y-%m-%d}" if oldest else ""


@checks("G8")
def what_support_was_told_is_gone() -> tuple[Outcome, str]:
    return state_of(SUPPORT)


@checks("C8")
def proofs_are_gone() -> tuple[Outcome, str]:
    return state_of(PROOFS)


@checks("G1")
def every_policy_is_executed() -> tuple[Outcome, str]:
    """The policies say how long everything is kept: whether all of it is."""
    return state_of()
