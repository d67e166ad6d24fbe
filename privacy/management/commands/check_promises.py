"""`manage.py check_promises`: are the promises kept, here and now?"""

from json import dumps
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand, Unusable
from privacy import promise_states
from privacy.looks.visiting import visiting
from privacy.models.promise import Outcome, worst
from privacy.promise_checks import Standing, standings


class Command(SiteCommand):
    help = (
        "Ask this installation, promise by promise (docs/promises.md), whether it is kept, broken, or cannot be told, and by what that is known. "
        "Exit status 1 if one is broken; with --strict 2 if none is broken and one cannot be told. docs/upkeep.md describes the JSON. "
        "A sweep asks every hour; by hand it is worth it after an update, and when monitoring wants to know. With --quiet it is silent unless one is broken."
    )
    examples = (
        "",
        "--url https://customers.example.com  # past nginx and TLS",
        "--json --store  # JSON, and kept for the pages",
        "--quiet --strict",
    )
    statuses = {
        DONE: "none is broken",
        WRONG: "one is broken",
        UNUSABLE: "with --strict: none is broken, and one cannot be told; or the arguments cannot be used",
    }
    subject = "Every day"
    changes = "with --store: what the pages show of the promises"
    run_by = "a sweep, every hour; monitoring; an operator"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON instead")
        parser.add_argument("--strict", action="store_true", help="exit status 2 if none is broken, and one cannot be told")
        parser.add_argument(
            "--url", metavar="ADDRESS", help="ask for the site's own pages there, over the network, instead of in this process"
        )
        parser.add_argument("--store", action="store_true", help="keep what was found for the pages, as the sweep does every hour")
        self.add_dry_run(parser, "keep nothing, with --store too")

    def handle(self, *args: Any, json: bool, strict: bool, url: str | None, store: bool, **options: Any) -> None:
        if url and not url.startswith(("https://", "http://")):
            raise Unusable("--url must begin with https:// or http://, such as https://customers.example.com.")
        progress = self.progress()
        with visiting(url):
            found = (promise_states.look if store and not options["dry_run"] else standings)(progress.show)
        progress.clear()
        wrong = (Outcome.BROKEN, Outcome.UNKNOWN) if strict else (Outcome.BROKEN,)
        told = found if self.verbosity else [standing for standing in found if standing.outcome in wrong]
        if json or told:
            self.stdout.write(as_json(found) if json else as_text(told))
        outcome = worst(standing.outcome for standing in found)
        if outcome == Outcome.BROKEN or (strict and outcome == Outcome.UNKNOWN):
            raise SystemExit(1 if outcome == Outcome.BROKEN else 2)


def as_text(found: list[Standing]) -> str:
    """Promise by promise, with its words and, indented, what each check says."""
    lines = []
    for standing in found:
        lines.append(f"{standing.promise.number:<4} {standing.outcome:<12} {standing.promise.text}")
        lines += [f"       {finding.outcome:<12} {finding.evidence}" for finding in standing.findings]
        lines += [] if standing.findings else ["       nothing here can tell"]
    counts = [sum(standing.outcome == outcome for standing in found) for outcome in Outcome]
    return "\n".join([*lines, "", "{} kept, {} broken, {} cannot be told".format(*counts)])


def as_json(found: list[Standing]) -> str:
    """Names and meanings stay as they are: monitoring reads them (docs/upkeep.md)."""
    promises = [
        {
            "number": standing.promise.number,
            "text": str(standing.promise.text),
            "outcome": standing.outcome,
            "findings": [{"check": one.check, "outcome": one.outcome, "evidence": one.evidence} for one in standing.findings],
        }
        for standing in found
    ]
    outcome = worst(standing.outcome for standing in found)
    return dumps({"looked_at": timezone.now().isoformat(), "outcome": outcome, "promises": promises}, indent=2)
