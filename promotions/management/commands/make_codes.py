"""`manage.py make_codes`: order promotional codes, and make them here and now."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from infacta.progress import Progress
from promotions.forms.batches import BatchForm
from promotions.making import make_piece
from promotions.models import BatchState, CodeBatch, Promotion
from promotions.models.code import MOST_CODES

PAUSE = 0.2  # seconds: another worker has the batch in hand


class Command(BaseCommand):
    help = (
        "Order codes for a promotion and make them, with a progress line. If it is interrupted, the workers go on: the order is kept. "
        "The codes are exported in the staff area."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("promotion", help="the address of the promotion's page, such as spring")
        parser.add_argument("--tag", default="", help="what single-use codes begin with, such as SPR")
        parser.add_argument("--number", type=int, help=f"how many single-use codes, {MOST_CODES:,} at most")
        parser.add_argument("--word", default="", help="one shared code instead, such as WELCOME26")
        parser.add_argument("--uses", type=int, help="how often the word may be used; without: as often as the promotion allows")
        parser.add_argument("--label", default="", help="for reports, such as the partner's name")
        parser.add_argument("--digests-alone", action="store_true", help="export once; the codes cannot be read here afterwards")

    def handle(self, *args: Any, promotion: str, **options: Any) -> None:
        batch = self.ordered(promotion, options)
        progress = Progress(self.stderr)
        while batch.state == BatchState.MAKING:
            if not make_piece(batch.pk):
                time.sleep(PAUSE)
            batch.refresh_from_db()
            progress.show(f"{batch.made:,} of {batch.size:,} codes")
        progress.clear()
        if batch.state == BatchState.STOPPED:
            raise CommandError(f"The batch was stopped after {batch.made:,} codes: {batch.stop_reason}")
        if options["verbosity"]:
            self.stdout.write(f"Made {batch.made:,} codes of {batch.promotion}: batch {batch.pk}, tag {batch.tag}.")

    def ordered(self, slug: str, options: dict[str, Any]) -> CodeBatch:
        """The order, checked as the staff area checks it; CommandError says what is wrong with it."""
        promotion = Promotion.objects.filter(slug=slug).first()
        if promotion is None:
            raise CommandError(f"There is no promotion {slug!r}.")
        values = {name: options[name] for name in ("tag", "word", "uses", "label")}
        form = BatchForm(values | {"promotion": promotion.pk, "size": options["number"], "keeps_digests_alone": options["digests_alone"]})
        if not form.is_valid():
            raise CommandError(" ".join(str(error) for errors in form.errors.values() for error in errors))
        return form.order(None)
