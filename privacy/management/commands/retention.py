"""`manage.py retention`: execute retention now, or say what is due."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand, Unusable
from privacy.retention.standing import Due, all_due
from privacy.retention.walking import Passed, all_of, rules_of_destroyers

WIDTH = 44
COLUMNS = "{:<26} {:>9} {:<44} {:>18} {:>18}  {:<16}  {:<44} {}"


class Command(SiteCommand):
    help = (
        "Destroy everything whose retention is over, by the destroyers that the declarations name, until each is through; a line for each. Exit status 1 "
        "if one failed. With --dry-run nothing is changed: it says, rule by rule and model by model, how long rows are kept, how many are due and "
        "overdue, the oldest of them, what destroys them and when that was last through; exit status 1 if any are overdue. No more than 10,000 rows are "
        "counted of each, and nothing is counted for longer than five seconds. With --quiet it names what failed or is overdue alone."
    )
    examples = ("--dry-run", "", "--only support-cases --dry-run", "--dry-run --json --quiet  # for monitoring")
    statuses = {
        DONE: "every destroyer is through, or with --dry-run nothing is overdue",
        WRONG: "a destroyer failed, or rows are overdue",
        UNUSABLE: "there is no such rule; nothing was changed",
    }
    subject = "Privacy"
    changes = "everything whose retention is over"
    run_by = "a sweep, every ten minutes; by hand to see what is due"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "change nothing, and say what is due")
        parser.add_argument("--json", action="store_true", help="print a JSON object on each line instead")
        parser.add_argument("--only", action="append", default=[], metavar="RULE", help="this rule alone; may be given several times")

    def handle(self, *args: Any, **options: Any) -> None:
        rules = self.chosen(options["only"])
        wrong = self.tell_due(rules, options["json"]) if options["dry_run"] else self.walk_now(rules, options["json"])
        if wrong:
            raise CommandError(wrong, returncode=WRONG)

    def chosen(self, only: list[str]) -> frozenset[str]:
        known = {rule.slug for rules in rules_of_destroyers().values() for rule in rules}
        if unknown := [slug for slug in only if slug not in known]:
            raise Unusable(f"No retention with a limit is called {', '.join(unknown)}. There are: {', '.join(sorted(known))}.")
        return frozenset(only)

    def walk_now(self, rules: frozenset[str], as_json: bool) -> str:
        """Each destroyer of the rules until it is through; what went wrong is given back in one sentence."""
        destroyers = [name for name, enforced in rules_of_destroyers().items() if not rules or rules & {rule.slug for rule in enforced}]
        failed, progress = 0, self.progress()
        for number, passed in enumerate(all_of(destroyers), start=1):
            progress.clear()
            failed += bool(passed.problem)
            if self.verbosity or passed.problem:
                self.stdout.write(json.dumps(told(passed)) if as_json else line_of(passed))
            progress.show(f"{number} of {len(destroyers)} destroyers are through")
        progress.clear()
        return f"{failed} of {len(destroyers)} destroyers failed. They have their turn again with the next walk." if failed else ""

    def tell_due(self, rules: frozenset[str], as_json: bool) -> str:
        """A line for each rule and model, as soon as it is counted."""
        late, progress = 0, self.progress()
        if not as_json:
            self.say(COLUMNS.format("rule", "longest", "model", "due", "overdue", "oldest", "destroyer", "last through"))
        for due in all_due(timezone.now(), rules):
            progress.clear()
            late += due.overdue.rows != 0
            if self.verbosity or due.overdue.rows != 0:
                self.stdout.write(json.dumps(counts(due)) if as_json else COLUMNS.format(*cells(due)).rstrip())
            self.stdout.flush()
            progress.show("the next rule is counted")
        progress.clear()
        return f"Rows are overdue by {late} rules: their destroyers did not run, or failed." if late else ""


def line_of(passed: Passed) -> str:
    rules = ", ".join(passed.rules)
    if passed.in_hand:
        return f"{rules}: another worker has {passed.destroyer} in hand"
    if passed.problem:
        return f"{rules}: {passed.destroyer} FAILED: {passed.problem}"
    return f"{rules}: {passed.rows:,} rows by {passed.destroyer} in {passed.seconds:.2f} s"


def told(passed: Passed) -> dict[str, Any]:
    return {
        "rules": passed.rules,
        "destroyer": passed.destroyer,
        "rows": passed.rows,
        "seconds": round(passed.seconds, 3),
        "problem": passed.problem,
        "in_hand": passed.in_hand,
    }


def cells(due: Due) -> Iterator[str]:
    retention = due.governed.retention
    yield from (
        retention.slug,
        f"{retention.longest.days} d" if retention.longest else "",
        cut(due.governed.name),
        str(due.due),
        str(due.overdue),
    )
    yield short(due.oldest)
    yield retention.destroyer
    yield (f"failed: {due.run.problem}" if due.run.problem else short(due.run.ended_at)) if due.run else "never"


def cut(name: str) -> str:
    return name if len(name) <= WIDTH else f"{name[: WIDTH - 1]}…"


def short(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-"


def counts(due: Due) -> dict[str, Any]:
    retention, run = due.governed.retention, due.run
    return {
        "rule": retention.slug,
        "longest_seconds": retention.longest.total_seconds() if retention.longest else None,
        "model": due.governed.declared.model,
        "fields": due.governed.parts,
        "due": due.due.rows,
        "due_is_more": due.due.more,
        "overdue": due.overdue.rows,
        "overdue_is_more": due.overdue.more,
        "oldest": due.oldest.isoformat() if due.oldest else None,
        "destroyer": retention.destroyer,
        "last_through": run.ended_at.isoformat() if run and run.ended_at else None,
        "problem": run.problem if run else "",
    }
