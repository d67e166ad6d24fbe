"""`manage.py receive_mail`: take in a mail from standard input, as a mail server pipes it, or all mails of a Maildir (docs/order-mails.md)."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from infacta.commands import DONE, SiteCommand, Unusable
from mailroom.incoming import take_in
from mailroom.maildir import mails_in, read_all
from mailroom.opening import MOST_BYTES

log = logging.getLogger(__name__)
PIECE = 64 * 1024


class Command(SiteCommand):
    help = (
        "Take in a mail from standard input, or those of a Maildir (docs/order-mails.md). A mail server runs it for each mail, or cron for a Maildir; "
        "what the mail is, and who deals with it, is found out afterwards. Exit status 0: it is taken, be it into quarantine; 75: offer it again later."
    )
    examples = (
        "--recipient orders@customers.example.com < order.eml",
        "--maildir /var/mail/infacta --quiet",
        "--maildir /var/mail/infacta --dry-run",
    )
    statuses = {DONE: "it is taken, be it into quarantine", 75: "it could not be kept: offer it again later"}
    subject = "Every day"
    changes = "incoming mails and what they cause; mails of a Maildir are removed, or moved with --keep"
    run_by = "the mail server, for each mail; or cron, for a Maildir"
    requires_system_checks: list[str] = []  # a mail must not be lost for a setting that has nothing to do with it

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "take nothing, and tell what would be taken")
        parser.add_argument("--recipient", default="", help="whom the mail was delivered to, as the mail server knows it")
        parser.add_argument("--maildir", default="", help="read the mails in new/ of this Maildir instead")
        parser.add_argument("--keep", action="store_true", help="move them to cur/ of the Maildir; otherwise they are removed once taken")

    def handle(self, *args: Any, recipient: str, maildir: str, keep: bool, dry_run: bool, **options: Any) -> None:
        if maildir and not (Path(maildir) / "new").is_dir():
            raise Unusable(f"{maildir} is no Maildir: it has no folder new.")
        if dry_run:
            self.tell_dry(maildir)
            return
        try:
            if maildir:
                self.say(f"{read_all(Path(maildir), keep)} taken.")
            else:
                take_in(whole_of_standard_input(), recipient)
        except Exception as error:
            log.error("A mail could not be kept (%s); whoever brought it shall offer it again.", type(error).__name__)
            sys.exit(os.EX_TEMPFAIL)

    def tell_dry(self, maildir: str) -> None:
        if maildir:
            waiting = sum(1 for _path in mails_in(Path(maildir)))
            self.say(f"{waiting} would be taken. Nothing was changed.")
        else:
            self.say(f"A mail of {len(whole_of_standard_input()):,} bytes would be taken. Nothing was changed.")


def whole_of_standard_input() -> bytes:
    """Its beginning, if it is too long; the rest is read too, for a mail server may take a closed pipe for a failure."""
    raw = sys.stdin.buffer.read(MOST_BYTES + 1)
    while sys.stdin.buffer.read(PIECE):
        pass
    return raw
