"""Count what staff's home shows, at once and anew."""

from argparse import ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from infacta.commands import DONE, SiteCommand
from infacta.figures import Figure, figures
from operations.home import counting
from operations.models import HourFigure


def days(text: str) -> int:
    """So many days, of those that are kept. ArgumentTypeError says which."""
    most = HourFigure.KEPT.days
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise ArgumentTypeError(f"{text[:20]!r} is no number of days from 1 to {most}.")
    return int(text)


class Command(SiteCommand):
    help = (
        "Bring the numbers of staff's home up to now, as the sweep does once a minute; with --again, count the last days anew, such as after rows were "
        "imported with moments of the past, or a backup was restored. It changes figures alone, and may run beside the sweep."
    )
    examples = ("", "--again 30", "--again 400 --figure purchases  # all that is kept of one figure", "--again 30 --dry-run")
    statuses = {DONE: "it is counted"}
    subject = "Every day"
    changes = "the figures of staff's home"
    run_by = "a sweep, every minute; by hand after an import or a restore"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", type=days, metavar="DAYS", help=f"count the last DAYS days anew; {HourFigure.KEPT.days} at most")
        parser.add_argument("--figure", choices=sorted(figures), help="this figure alone")
        self.add_dry_run(parser, "count, say how much there is, and keep nothing of it")

    def handle(self, *args: Any, again: int | None, figure: str | None, dry_run: bool, **options: Any) -> None:
        now, chosen = timezone.now(), [figures[figure]] if figure else list(figures.values())
        if not dry_run:
            counting.read_all(now)
        progress = self.progress()
        for number, one in enumerate(chosen):
            progress.show(f"{one.slug} ({number + 1} of {len(chosen)})")
            hours = looked_for(one, again, now) if dry_run else counted(one, again, now)
            progress.clear()
            self.say(f"{one.slug}: {hours} hours of its series in which something happened.")


def counted(figure: Figure, again: int | None, now: datetime) -> int:
    return counting.count_lately(figure, now) if again is None else counting.count_again(figure, again, now)


def looked_for(figure: Figure, again: int | None, now: datetime) -> int:
    """How many hours there are to write."""
    begin = now - (counting.YOUNG if again is None else timedelta(days=again))
    return sum(1 for _counted in figure.count(counting.hour_of(begin), now))
