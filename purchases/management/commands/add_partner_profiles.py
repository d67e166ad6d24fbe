"""`manage.py add_partner_profiles`: illustrative profiles of RegSoft and Emetrix, switched off (docs/partners/regsoft.md)."""

from contextlib import nullcontext
from typing import Any

from django.core.management.base import CommandParser

from infacta.commands import DONE, SiteCommand, taken_back
from purchases.profiles.illustrative import add_illustrative_profiles


class Command(SiteCommand):
    help = (
        "Add illustrative form profiles and order-mail profiles of RegSoft and Emetrix, switched off, unless they are there. They show what a profile "
        "looks like; edit and try them in the staff area before you switch them on."
    )
    examples = ("", "--dry-run")
    statuses = {DONE: "they are there, from now or from before"}
    subject = "Partners and purchases"
    changes = "form profiles and order-mail profiles"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser)

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        with taken_back() if dry_run else nullcontext():
            added = add_illustrative_profiles()
        if dry_run:
            self.say(f"{added} profiles would be added. Nothing was changed.")
        else:
            self.say(f"{added} profiles added. Edit and try them in the staff area before you switch them on.")
