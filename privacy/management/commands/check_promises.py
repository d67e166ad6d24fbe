"""`manage.py check_promises`: are the promises kept, here and now?"""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from privacy.promise_checks import Outcome, findings


class Command(BaseCommand):
    help = (
        "Ask this installation, promise by promise (docs/promises.md), whether it is kept, broken, or cannot be told, and by what that is known. "
        "Exit status 1 if one is broken. A promise of which nothing here can tell is not listed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list instead")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(findings())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=2))
        else:
            for finding in found:
                self.stdout.write(f"{finding.promise:<4} {finding.outcome:<12} {finding.evidence}")
        if any(finding.outcome == Outcome.BROKEN for finding in found):
            raise SystemExit(1)
