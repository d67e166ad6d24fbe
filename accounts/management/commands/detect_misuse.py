"""`manage.py detect_misuse`: look for misuse now; with --dry-run tell what would have been found in a time that has passed."""

from datetime import datetime, time, timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from accounts.detectors.scores import HOLD_AT, REVIEW_AT
from accounts.misuse import detect
from accounts.rehearsal import Told, rehearse
from infacta.commands import DONE, SiteCommand, Unusable

MONTH, FOR_EVER = timedelta(days=30), timedelta(days=36_500)
YEARS = (1970, 9000)  # that a log may be of
WORDS = {"found": "found", "review": f"in the queue of staff ({REVIEW_AT} or more)", "held": f"PUT ON HOLD ({HOLD_AT} or more)"}


class Command(SiteCommand):
    help = (
        "Look for misuse in what is new in the audit log: keep signs of it for staff, and put accounts on hold for which they suffice (docs/misuse.md). "
        "A sweep does the same every minute, so that it is needed by hand only where no worker runs. With --dry-run it tells what would have been found "
        "and held in a time that has passed, from a clean sheet, and writes nothing: for whoever changes the detectors or wonders about a hold. "
        "With --quiet a dry run prints what it found and nothing around it."
    )
    examples = (
        " # what is new, now",
        "--dry-run  # what would have happened in the last 30 days",
        "--dry-run --since 2026-01-01 --until 2026-03-01T12:00",
    )
    statuses = {DONE: "everything that is new was looked at, whatever was found"}
    subject = "Every day"
    changes = "findings, holds, and with a hold the customer's mail and the audit log"
    run_by = "a sweep, every minute; by hand to rehearse"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="write nothing, and tell what would have happened")
        parser.add_argument("--since", help="with --dry-run: from this day or time on, such as 2026-03-01 (30 days ago)")
        parser.add_argument("--until", help="with --dry-run: up to this day or time, which is not looked at itself (now)")

    def handle(self, *args: Any, dry_run: bool, since: str | None, until: str | None, **options: Any) -> None:
        if dry_run:
            self.rehearse(*span(since, until))
        elif since or until:
            raise Unusable("--since and --until belong to --dry-run: without it, what is new since the last run is looked at.")
        else:
            progress = self.progress()
            outcome = detect(FOR_EVER, lambda events: progress.show(f"{events:,} events"))
            progress.clear()
            self.say(f"{outcome.events:,} events read, {outcome.findings:,} signs kept, {outcome.holds:,} accounts put on hold.")

    def rehearse(self, since: datetime, until: datetime) -> None:
        counts = dict.fromkeys(WORDS, 0)
        self.say(f"What would have happened from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} (nothing is written):")
        progress = self.progress()
        for told in rehearse(since, until, lambda at, events: progress.show(f"{at:%Y-%m-%d %H:%M}  {events:,} events")):
            counts[told.what] += 1
            progress.clear()
            self.stdout.write(line_of(told))
        progress.clear()
        self.say(f"{counts['found']:,} signs, {counts['review']:,} in the queue of staff, {counts['held']:,} accounts put on hold.")


def line_of(told: Told) -> str:
    return f"{told.at:%Y-%m-%d %H:%M}  {told.subject}  {WORDS[told.what]}, score {told.score}: {told.explanation}"


def span(since: str | None, until: str | None) -> tuple[datetime, datetime]:
    """The time to look at; Unusable says what is wrong with it."""
    end = moment(until, "--until") if until else timezone.now()
    begin = moment(since, "--since") if since else end - MONTH
    if begin >= end:
        raise Unusable(f"--since ({begin:%Y-%m-%d %H:%M}) must be before --until ({end:%Y-%m-%d %H:%M}).")
    return begin, end


def moment(text: str, option: str) -> datetime:
    """A day (its first moment) or a time, in the site's time zone."""
    try:
        day = parse_date(text)
        at = datetime.combine(day, time()) if day else parse_datetime(text)
    except ValueError:
        at = None
    if at is None or not YEARS[0] <= at.year <= YEARS[1]:
        raise Unusable(f"{option} is {text!r}; it must be a day like 2026-03-01, or a time like 2026-03-01T14:30.")
    return at if timezone.is_aware(at) else timezone.make_aware(at)
