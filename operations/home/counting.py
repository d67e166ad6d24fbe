"""Counting for staff's home: each hour again while it is young, and once for good when it is old. Pages never count.

A figure's row of `FigureRun` is locked while it is counted, so two workers never write the same hours; whatever was counted is written in the
same transaction as how far it is. Killed in between, the next sweep begins where the last one that came to its end left off.
"""

import logging
import time
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from infacta.figures import Counted, Figure, figures, standings
from operations.models import FigureRun, HourFigure, StandingNumber

log = logging.getLogger(__name__)
YOUNG = timedelta(hours=3)
"""So long may an event take from its moment to the commit; after that its hour is counted for good."""
STRETCH = timedelta(days=7)
"""So much of the past is counted at a time."""
SECONDS = 5.0
"""So long one sweep goes on into the past; the next one goes on."""
AT_ONCE = 1_000


def count_all(now: datetime, seconds: float) -> int:
    """Bring every figure up to `now`, and as much of the past as there is time for; returns how many hours of figures were written."""
    until = time.monotonic() + seconds
    written = sum(count_lately(figure, now) for figure in figures.values())
    for figure in figures.values():
        while time.monotonic() < until and (stretch := count_past(figure, now)) is not None:
            written += stretch
    return written


def count_lately(figure: Figure, now: datetime) -> int:
    """The hours since the last time, and those before that are still young; 0 if another worker has this figure in hand."""
    FigureRun.objects.get_or_create(figure=figure.slug, defaults={"counted_from": hour_of(now), "counted_until": hour_of(now)})
    with transaction.atomic():
        run = FigureRun.objects.select_for_update(skip_locked=True).filter(pk=figure.slug).first()
        if run is None:
            return 0
        begin = max(min(hour_of(run.counted_until - YOUNG), hour_of(now)), hour_of(now - HourFigure.KEPT))
        written = write(figure, begin, now)
        run.counted_from, run.counted_until = min(run.counted_from, begin), now
        run.save()
    return written


def count_past(figure: Figure, now: datetime) -> int | None:
    """One stretch before what is counted; None if all that is kept is counted, or another worker has this figure in hand."""
    with transaction.atomic():
        run = FigureRun.objects.select_for_update(skip_locked=True).filter(pk=figure.slug, counted_from__gt=now - HourFigure.KEPT).first()
        if run is None:
            return None
        begin = max(run.counted_from - STRETCH, hour_of(now - HourFigure.KEPT))
        written = write(figure, begin, run.counted_from)
        run.counted_from = begin
        run.save()
    return written


def write(figure: Figure, begin: datetime, end: datetime) -> int:
    """Count these hours anew, and keep what was found instead of what was there; returns how many rows that is."""
    found = list(figure.count(begin, end))
    names = [series.name for series in figure.series()]
    HourFigure.objects.filter(name__in=names, hour__gte=begin, hour__lt=end).delete()
    HourFigure.objects.bulk_create([row_of(one) for one in found if one[0] in names], batch_size=AT_ONCE)
    return len(found)


def row_of(counted: Counted) -> HourFigure:
    name, hour, times = counted
    return HourFigure(name=name, hour=hour, times=times)


def read_all(now: datetime) -> int:
    """Ask for every number of now; returns how many were told. One that cannot be told stays as it is, and shows its age."""
    rows = []
    for standing in standings.values():
        try:
            with transaction.atomic():
                reading = standing.read(now)
        except DatabaseError as error:
            log.warning("Nobody could tell the number of %s: %s", standing.slug, type(error).__name__)
            continue
        rows.append(StandingNumber(name=standing.slug, number=reading.number, of=reading.of, since=reading.since, read_at=now))
    StandingNumber.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["name"], update_fields=["number", "of", "since", "read_at"]
    )
    StandingNumber.objects.exclude(name__in=standings).delete()
    return len(rows)


def hour_of(moment: datetime) -> datetime:
    """The beginning of its hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def count_again(figure: Figure, days: int, now: datetime) -> int:
    """Count the last days of a figure anew, whatever was counted; returns how many hours of it were written, or would be found."""
    with transaction.atomic():
        run = FigureRun.objects.select_for_update().filter(pk=figure.slug).first() or FigureRun(
            figure=figure.slug, counted_from=hour_of(now)
        )
        begin = hour_of(now - min(timedelta(days=days), HourFigure.KEPT))
        if run.counted_until:
            begin = min(begin, hour_of(run.counted_until - YOUNG))  # nothing is left out in between
        written = write(figure, begin, now)
        run.counted_from, run.counted_until = min(run.counted_from, begin), now
        run.save()
    return written
