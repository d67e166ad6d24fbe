"""`manage.py partner_table`: what each partner can do, as Markdown."""

from typing import Any

from django.core.management.base import BaseCommand

from purchases.standing.capabilities import markdown


class Command(BaseCommand):
    help = "Print what each partner can do, as the table that stands in docs/partners.md between its two markers."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(markdown())
