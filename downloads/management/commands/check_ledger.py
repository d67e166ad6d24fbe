"""`manage.py check_ledger`: does the ledger of downloads sum to the counters?"""

from typing import Any

from django.core.management.base import CommandError

from downloads.models import AllowanceEntry, Entitlement
from infacta.commands import DONE, WRONG, SiteCommand


class Command(SiteCommand):
    help = (
        "Sum the ledger of downloads for every entitlement, and compare it with the downloads allowed and used. Changes nothing. "
        "Exit status 1 and one line for each entitlement that does not sum: somebody changed a counter or a line of the ledger past the site. "
        "It reads everything as of one moment, so it may run while the site does. "
        "With --verbosity 0 it is silent if all is in order."
    )
    examples = ("", "--quiet")
    statuses = {DONE: "every entitlement sums", WRONG: "some do not, and each is named"}
    subject = "Every day"
    run_by = "a timer, once a day, beside audit_verify"

    def handle(self, *args: Any, **options: Any) -> None:
        progress, wrong = self.progress(), 0
        progress.show(f"{Entitlement.objects.count():,} entitlements are summed")
        columns = ("pk", "downloads_allowed", "allowed_by_ledger", "downloads_used", "used_by_ledger")
        for pk, allowed, allowed_there, used, used_there in Entitlement.objects.not_summing().values_list(*columns).iterator():
            wrong += 1
            progress.clear()
            self.stdout.write(
                f"Entitlement {pk}: {allowed} allowed, by the ledger {allowed_there}; {used} used, by the ledger {used_there}."
            )
        progress.clear()
        if wrong:
            raise CommandError(f"{wrong:,} of {Entitlement.objects.count():,} entitlements do not sum.")
        self.say(f"In order: {Entitlement.objects.count():,} entitlements, {AllowanceEntry.objects.count():,} lines.")
