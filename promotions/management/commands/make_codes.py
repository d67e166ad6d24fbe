"""`manage.py make_codes`: order promotional codes, and make them here and now."""

import time
from typing import Any

from django.core.management.base import CommandError, CommandParser

from infacta.commands import DONE, UNUSABLE, WRONG, SiteCommand, Unusable, taken_back
from promotions.forms.batches import BatchForm
from promotions.making import make_piece
from promotions.models import BatchState, Promotion
from promotions.models.code import MOST_CODES

PAUSE = 0.2  # seconds: another worker has the batch in hand


class Command(SiteCommand):
    help = (
        "Order codes for a promotion and make them, with a progress line. If it is interrupted, the workers go on: the order is kept. "
        "The codes are exported in the staff area, where the same can be ordered too."
    )
    examples = (
        'spring --tag SPR --number 100000 --label "Reseller, Leeds" --digests-alone',
        "spring --word WELCOME26 --uses 500",
        "spring --tag SPR --number 100000 --dry-run",
    )
    statuses = {
        DONE: "the codes are made",
        WRONG: "staff stopped the batch before all were made",
        UNUSABLE: "the order is no good, and says why; nothing was changed",
    }
    subject = "Announcements and promotions"
    changes = "the promotion's batches and codes, the audit log"

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser, "make no codes, and tell what would be made")
        parser.add_argument("promotion", help="the address of the promotion's page, such as spring")
        parser.add_argument("--tag", default="", help="what single-use codes begin with, such as SPR")
        parser.add_argument("--number", type=int, help=f"how many single-use codes, {MOST_CODES:,} at most")
        parser.add_argument("--word", default="", help="one shared code instead, such as WELCOME26")
        parser.add_argument("--uses", type=int, help="how often the word may be used; without: as often as the promotion allows")
        parser.add_argument("--label", default="", help="for reports, such as the partner's name")
        parser.add_argument("--digests-alone", action="store_true", help="export once; the codes cannot be read here afterwards")

    def handle(self, *args: Any, promotion: str, **options: Any) -> None:
        form = self.filled_in(promotion, options)
        if options["dry_run"]:
            with taken_back():
                batch = form.order(None)
            self.say(f"Would make {batch.size:,} codes of {batch.promotion}, tag {batch.tag}. Nothing was changed.")
            return
        batch, progress = form.order(None), self.progress()
        while batch.state == BatchState.MAKING:
            if not make_piece(batch.pk):
                time.sleep(PAUSE)
            batch.refresh_from_db()
            progress.show(f"{batch.made:,} of {batch.size:,} codes")
        progress.clear()
        if batch.state == BatchState.STOPPED:
            raise CommandError(f"The batch was stopped after {batch.made:,} codes: {batch.stop_reason}")
        self.say(f"Made {batch.made:,} codes of {batch.promotion}: batch {batch.pk}, tag {batch.tag}.")

    def filled_in(self, slug: str, options: dict[str, Any]) -> BatchForm:
        """The order, checked as the staff area checks it; Unusable says what is wrong with it."""
        promotion = Promotion.objects.filter(slug=slug).first()
        if promotion is None:
            raise Unusable(f"There is no promotion {slug!r}.")
        values = {name: options[name] for name in ("tag", "word", "uses", "label")}
        form = BatchForm(values | {"promotion": promotion.pk, "size": options["number"], "keeps_digests_alone": options["digests_alone"]})
        if not form.is_valid():
            raise Unusable(" ".join(str(error) for errors in form.errors.values() for error in errors))
        return form
