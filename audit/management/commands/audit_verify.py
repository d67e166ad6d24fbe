"""`manage.py audit_verify`: is the audit log as it was sealed?"""

import re
import time
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from audit.verification import Broken, Verified, verify
from infacta.commands import DONE, WRONG, SiteCommand

HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def head(text: str) -> tuple[int, str]:
    """The number and the hash of a seal, as this command printed them."""
    found = HEAD.fullmatch(text)
    if not found:
        raise ArgumentTypeError(f"{text!r} is not NUMBER:HASH, as audit_verify prints it")
    return int(found[1]), found[2]


class Command(SiteCommand):
    help = (
        "Verify the whole audit log: every seal against the chain, every event against its seal. It changes nothing. "
        "Prints the head of the chain, to be noted outside of this machine (with --quiet it prints the head alone); exit status 1 and the first "
        "broken batch, if anything was changed, removed or added."
    )
    examples = ("", f"--expect 1009:{'6f0c' * 16}  # a head that was noted earlier")
    statuses = {DONE: "the log is as it was sealed", WRONG: "it is not, or events wait too long for their seal"}
    subject = "Every day"
    run_by = "a timer, once a day (docs/audit-log.md)"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect",
            type=head,
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="a head that was noted earlier, outside of this database; may be given several times",
        )

    def handle(self, *args: Any, expect: list[tuple[int, str]], **options: Any) -> None:
        began = time.monotonic()
        try:
            verified = self.walked(expect)
        except Broken as error:
            raise CommandError(str(error), returncode=WRONG) from error
        seconds = time.monotonic() - began
        self.say(
            f"In order: {verified.seals:,} seals ({verified.purged:,} of them purged), {verified.events:,} events, "
            f"{verified.events / max(seconds, 0.001):,.0f} a second; {verified.unsealed:,} wait for their seal."
        )
        if verified.head:
            self.stdout.write(f"Head: {verified.head.head}")

    def walked(self, expect: list[tuple[int, str]]) -> Verified:
        """Broken; a terminal sees meanwhile how many events were looked at."""
        progress = self.progress()
        try:
            return verify(expect, timezone.now(), lambda seals, events: progress.show(f"{seals:,} seals, {events:,} events"))
        finally:
            progress.clear()
