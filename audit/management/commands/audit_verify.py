"""`manage.py audit_verify`: is the audit log as it was sealed?"""

import re
import time
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.verification import Broken, verify

HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def head(text: str) -> tuple[int, str]:
    """The number and the hash of a seal, as this command printed them."""
    found = HEAD.fullmatch(text)
    if not found:
        raise ArgumentTypeError(f"{text!r} is not NUMBER:HASH, as audit_verify prints it")
    return int(found[1]), found[2]


class Command(BaseCommand):
    help = (
        "Verify the whole audit log: every seal against the chain, every event against its seal. "
        "Prints the head of the chain; exit status 1 and the first broken batch, if anything was changed, removed or added."
    )

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
            verified = verify(expect, timezone.now())
        except Broken as error:
            raise CommandError(str(error)) from error
        seconds = time.monotonic() - began
        self.stdout.write(
            f"In order: {verified.seals:,} seals ({verified.purged:,} of them purged), {verified.events:,} events, "
            f"{verified.events / max(seconds, 0.001):,.0f} a second; {verified.unsealed:,} wait for their seal."
        )
        if verified.head:
            self.stdout.write(f"Head: {verified.head.head}")
