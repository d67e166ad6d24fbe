"""`manage.py check_ledger`: does the ledger of downloads sum to the counters?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from downloads.models import AllowanceEntry, Entitlement


class Command(BaseCommand):
    help = (
        "Sum the ledger of downloads for every entitlement, and compare it with the downloads allowed and used. Changes nothing. "
        "Exit status 1 and one line for each entitlement that does not sum: somebody changed a counter or a line of the ledger past the site. "
        "It reads everything as of one moment, so it may run while the site does. "
        "With --verbosity 0 it is silent if all is in order."
    )

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        wrong = 0
        columns = ("pk", "downloads_allowed", "allowed_by_ledger", "downloads_used", "used_by_ledger")
        for pk, allowed, allowed_there, used, used_there in Entitlement.objects.not_summing().values_list(*columns).iterator():
            wrong += 1
            self.stdout.write(
                f"Entitlement {pk}: {allowed} allowed, by the ledger {allowed_there}; {used} used, by the ledger {used_there}."
            )
        if wrong:
            raise CommandError(f"{wrong:,} of {Entitlement.objects.count():,} entitlements do not sum.")
        if verbosity:
            self.stdout.write(f"In order: {Entitlement.objects.count():,} entitlements, {AllowanceEntry.objects.count():,} lines.")
