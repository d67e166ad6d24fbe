"""`manage.py add_partner_profiles`: illustrative profiles of RegSoft and Emetrix, switched off (docs/partners/regsoft.md)."""

from typing import Any

from django.core.management.base import BaseCommand

from purchases.profiles.illustrative import add_illustrative_profiles


class Command(BaseCommand):
    help = "Add illustrative form profiles and order-mail profiles of RegSoft and Emetrix, switched off, unless they are there."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{add_illustrative_profiles()} profiles added. Edit and try them in the staff area before you switch them on.")
