"""`manage.py check_code CODE`: what an unlock code is, and its state."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from downloads.codes.states import found, state_of
from infacta.commands import DONE, WRONG, SiteCommand
from infacta.moments import moment


class Command(SiteCommand):
    help = (
        "Tell the state of an unlock code, however it was typed, with product, seats and the numbers of its entitlement and account. It names "
        "nobody, and records nothing. Exit status 1 if there is no such code. With --quiet the exit status says it alone."
    )
    examples = ("NTBK-7K3QX-9MPRT-W2HVC-4DF0N", "ntbk 7k3qx 9mprt w2hvc 4df0n --quiet")
    statuses = {DONE: "there is such a code, whatever its state", WRONG: "there is none"}
    subject = "Keys and signatures"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", nargs="+", help="the unlock code; its groups may be arguments of their own")

    def handle(self, *args: Any, code: list[str], **options: Any) -> None:
        there = found(" ".join(code))
        if there is None:
            raise CommandError("There is no such unlock code.")
        owned = there.entitlement
        self.say(f"{there}: {state_of(there).label}")
        self.say(f"{owned.product} ({owned.product.code}), unit {there.unit} of {owned.units}, seats: {owned.seats_per_unit}")
        self.say(f"entitlement {owned.pk} of account {owned.user_id}, licence {there.licence_id}")
        revoked = f", revoked {moment(there.revoked_at)}: {there.get_revoked_for_display()}" if there.revoked_at else ""
        self.say(f"issued {moment(there.issued_at)}{revoked}")
