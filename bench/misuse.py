"""Detection of misuse: how fast new events are read behind a long history, what a run costs as the history grows, and how precise it is."""

import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.misuse import CURSOR, Outcome, detect_batch
from accounts.models import DetectionCursor
from accounts.rehearsal import rehearse
from audit.models import AuditEvent
from bench import stage
from bench.cast import MEGABYTE
from bench.figures import Figure
from bench.histories import PEOPLE, forget_all, load, make_accounts, month_by, months_of, moved, without_indexes
from bench.month import month_of

GROUPS, MONTHS = 12, 12  # of 1,030 accounts each, with about 35,000 events a month: 5 million
NEW, WARM = 200_000, 100_000  # measured, and read before
SEEDS = (101, 102, 103, 104, 105)  # the detectors were tuned on 1 to 8, and never on these
SHARED_SORTS = ("forum", "students", "reseller", "two_friends", "office_of_ten", "taken_over")


def highest() -> int:
    return AuditEvent.objects.aggregate(highest=Max("pk"))["highest"] or 0


def read_up_to(pk: int) -> None:
    DetectionCursor.objects.update_or_create(name=CURSOR, defaults={"last_event_id": pk})


def throughput() -> Iterator[Figure]:
    """200,000 new events behind a history of 5 million, by a process of its own whose memory is watched."""
    make_accounts(GROUPS * PEOPLE)
    began = time.monotonic()
    with without_indexes():
        load(months_of(GROUPS, range(MONTHS)), months_ago=MONTHS)
        history = highest()
        load(islice(months_of(GROUPS, range(MONTHS, MONTHS + 1)), NEW), months_ago=MONTHS)
    yield Figure("events in the history", history, goal=5_000_000)
    yield Figure("loading and indexing them", time.monotonic() - began, "s")
    read_up_to(history - WARM)
    detecting(history)
    batches = detecting(highest())
    events, seconds, processor, _resident, findings, holds = batches[-1]
    yield Figure("new events behind 5 million, processed a second", events / seconds, goal=10_000)
    yield Figure(
        "the same by a second of this process's own time (the rest is PostgreSQL, and whoever else is on the machine)", events / processor
    )
    yield Figure("load of the machine in the last minute, its processors", os.getloadavg()[0] / (os.cpu_count() or 1))
    yield Figure("new events processed", events)
    yield Figure("signs kept", findings)
    yield Figure("accounts put on hold", holds)
    resident = [batch[3] / MEGABYTE for batch in batches]
    yield Figure("memory of the detecting process", resident[-1], "MB")
    yield Figure("memory growth from the third batch to the last", resident[-1] - resident[2], "MB", goal=10, at_most=True)


def detecting(until: int) -> list[list[float]]:
    """What a process that reads up to this event told after each batch."""
    command = [sys.executable, "-m", "bench.detector", str(until)]
    told = subprocess.run(command, cwd=stage.ROOT, env=os.environ, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [[float(value) for value in line.split()] for line in told.splitlines()]


def curve() -> Iterator[Figure]:
    """The same 5,000 new events of the same accounts after their same last month, behind more and more of other accounts and earlier months."""
    seconds: dict[int, float] = {}
    accounts = set(range(1, PEOPLE, 4))
    last = [event for event in month_by(0).events if event.account in accounts]
    new = [event for event in moved(month_by(0).events, 1, 0) if event.account in accounts][:5_000]
    for size in (10_000, 100_000, 1_000_000):
        forget_all()
        make_accounts(7 * PEOPLE)
        with without_indexes():
            load(islice(months_of(6, range(5)), max(0, size - len(last))), months_ago=6)
            load(last, months_ago=1)
            history = highest()
            load(new, months_ago=1)
        seconds[size] = median_run(history)
        yield Figure(f"a run over 5,000 new events behind {history:,} events", 1000 * seconds[size], "ms")
    yield Figure("cost of a run behind 1,000,000 events / behind 10,000", seconds[1_000_000] / seconds[10_000], goal=1.5, at_most=True)
    for many in (500, 1_000, 2_500):
        yield Figure(f"a run over {many:,} new events behind a million", 1000 * median_run(history, many), "ms")


def median_run(history: int, many: int = 5_000) -> float:
    """Seconds for a run over the events after `history`, nine times, each of them rolled back."""
    read_up_to(history)
    took = []
    for _round in range(9):
        with transaction.atomic():
            began = time.monotonic()
            assert detect_batch(history + many, Outcome())
            took.append(time.monotonic() - began)
            transaction.set_rollback(True)
    return statistics.median(took[2:])


def precision() -> Iterator[Figure]:
    """A labelled month by each seed, rehearsed: who of the honest would have been held or looked at, and who of the sharers found."""
    kinds: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for seed in SEEDS:
        counts = judged_month(seed, kinds)
        totals += counts
        yield Figure(f"seed {seed}: honest customers held, of 1,000", counts["honest held"], goal=0, at_most=True)
        yield from precision_and_recall(f"seed {seed}", counts, sharers=30)
        yield Figure(f"seed {seed}: networks in the queue, all of them honest", counts["networks"])
    yield Figure("all seeds: honest customers held, of 5,000", totals["honest held"], goal=0, at_most=True)
    yield from precision_and_recall("all seeds", totals, sharers=30 * len(SEEDS))
    for sort in SHARED_SORTS:
        for what in ("held", "review"):
            yield Figure(f"all seeds: {sort}, {what}, of 25", kinds[sort, what])
    for (sort, what), many in sorted(kinds.items()):
        if sort not in SHARED_SORTS:
            yield Figure(f"all seeds: honest {sort}, {what}", many)


def precision_and_recall(title: str, counts: Counter[str], sharers: int) -> Iterator[Figure]:
    for what, words in (("held", "automatic holds"), ("review", "reviews, held ones among them")):
        right, wrong = counts[f"shared {what}"], counts[f"honest {what}"]
        yield Figure(f"{title}: {words}, precision", right / max(1, right + wrong))
        yield Figure(f"{title}: {words}, recall", right / sharers)
        yield Figure(f"{title}: {words}, honest customers", wrong)


def judged_month(seed: int, kinds: Counter[tuple[str, str]]) -> Counter[str]:
    """How many honest and shared accounts would have been held, and how many would have been in the queue of staff."""
    month = month_of(seed)
    forget_all()
    make_accounts(PEOPLE)
    load(month.events, months_ago=1.1)
    now = timezone.now()
    told = [(one.subject.user_id, one.what) for one in rehearse(now - timedelta(days=40), now) if one.what != "found"]
    accounts = {account.number: account for account in month.accounts}
    for user_id, what in told:
        if user_id:
            kinds[accounts[user_id].sort, what] += 1
    labels = {None: "networks"} | {number: "shared" if account.shared else "honest" for number, account in accounts.items()}
    return Counter(labels[user_id] if user_id is None else f"{labels[user_id]} {what}" for user_id, what in told)


MEASURES = (throughput, curve, precision)
