"""Ten minutes of mixed load through nginx and TLS while everything is restarted in turn: what was acknowledged is there afterwards.

`BENCH_SECONDS` changes how long; the restarts come round every two minutes. A request that was answered with a 5xx, or not at all, is lost, also
where the client's next try went well.
"""

import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.db import close_old_connections, connection
from django.db.models import Count

from accounts.models import User
from bench import load_stage, stage
from bench.cast import PASSWORD, make_product
from bench.downloads import bought, small_files
from bench.figures import Figure
from bench.foundation import at_most_none, nothing_is_left, wait_until
from bench.load_clients import KINDS, RETRIES_FOR, Answer, Ledger, Plan, run
from bench.load_stage import Site
from bench.promotions import make_promotion
from downloads.models import DownloadSession
from promotions import code_format
from promotions.models import Redemption, RedemptionState
from purchases.models import Purchase, PurchaseItem

SECONDS = int(os.environ.get("BENCH_SECONDS", "600"))
ROUND = 120
CUSTOMERS, FILES = 200, 10
WORD = "EVERYBODY"
SETTLED = 1.0
"""Seconds after PostgreSQL takes connections again in which a request still counts as lost to its restart."""

RESTARTS: tuple[tuple[str, Callable[[Site], None]], ...] = (
    ("gunicorn reloaded", Site.reload_web),
    ("a worker killed", Site.kill_worker),
    ("gunicorn restarted", Site.restart_web),
    ("Redis restarted", Site.restart_redis),
    ("PostgreSQL restarted", Site.restart_postgres),
    ("a worker restarted", Site.restart_worker),
    ("gunicorn reloaded again", Site.reload_web),
    ("Redis killed", Site.kill_redis),
)
QUIET = "between restarts"
POSTGRES = "PostgreSQL restarted"


@dataclass(frozen=True)
class Phase:
    """When something was done to the site; the phase lasts until it was done."""

    name: str
    began: float
    ended: float


def mixed_load() -> Iterator[Figure]:
    with load_stage.running() as site, multiprocessing.get_context("spawn").Pool(len(KINDS)) as clients:
        site.start()
        plan = prepared(site)
        load_stage.await_answer(site)
        connection.close()
        began = time.monotonic()
        plan = Plan(**vars(plan) | {"until": began + SECONDS})
        running = [clients.apply_async(run, (kind, plan)) for kind in KINDS]
        phases = restart_in_turn(site, began)
        ledgers = [one.get(SECONDS + 2 * RETRIES_FOR) for one in running]
        took = time.monotonic() - began
        close_old_connections()
        wait_until(nothing_is_left, most=300)
        yield from kept(ledgers)
        yield from lost(list(chain(*(ledger.answers for ledger in ledgers))), phases)
        yield from told(ledgers, took)


def prepared(site: Site) -> Plan:
    """Products with files, customers who may take them, and a promotion."""
    files = small_files(FILES)
    path = stage.FOLDER / "releases" / "small.bin"
    for folder in (stage.FOLDER, path.parent):
        folder.chmod(0o755)
    customers = []
    for number in range(CUSTOMERS):
        user = User.objects.create_user(f"customer{number}@example.com", PASSWORD, name="Berta Bench")
        owned = bought(user, files)
        owned.allow_more(FILES)
        customers.append((user.email, owned.pk, tuple(file.pk for file in files)))
    promotion = make_promotion("load")
    batch = promotion.batches.create(tag="LOAD", is_shared=True, state="ready", made=1)
    batch.codes.create(code=WORD, digest=code_format.digest_of(code_format.normalised(WORD)), uses=None)
    products = tuple(make_product(f"LOAD-{number}").code for number in range(2))
    assert site.nginx
    return Plan(site.nginx.port, 0.0, str(site.mails), PASSWORD, products, promotion.slug, WORD, tuple(customers), path.stat().st_size)


def restart_in_turn(site: Site, began: float) -> list[Phase]:
    """Each thing of RESTARTS, evenly over a round; a run that is shorter than a round has one quicker round."""
    rounds = max(1, SECONDS // ROUND)
    step = SECONDS / (rounds * len(RESTARTS) + 1)
    phases = []
    for number, (name, act) in enumerate(RESTARTS * rounds, start=1):
        time.sleep(max(0.0, began + number * step - time.monotonic()))
        at = time.monotonic()
        act(site)
        phases.append(Phase(name, at, time.monotonic()))
    return phases


def kept(ledgers: list[Ledger]) -> Iterator[Figure]:
    """What clients were told is there is there, and once."""
    orders = set(chain(*(ledger.orders for ledger in ledgers)))
    there = set(Purchase.objects.values_list("order_reference", flat=True))
    doubled = PurchaseItem.objects.values("purchase", "line_number").annotate(times=Count("pk")).filter(times__gt=1).count()
    downloads = set(chain(*(ledger.downloads for ledger in ledgers)))
    taken = {str(key) for key in DownloadSession.objects.values_list("key", flat=True)}
    held, confirmed = set(chain(*(ledger.held for ledger in ledgers))), set(chain(*(ledger.confirmed for ledger in ledgers)))
    registered = set(Redemption.objects.values_list("email", flat=True))
    granted = set(Redemption.objects.filter(state=RedemptionState.CONFIRMED).values_list("email", flat=True))
    yield Figure("purchases acknowledged", len(orders))
    yield at_most_none("acknowledged purchases missing", len(orders - there))
    yield at_most_none("lines granted twice", doubled)
    yield at_most_none("work that is left undone", 0 if nothing_is_left() else 1)
    yield Figure("registrations acknowledged, confirmed", len(confirmed))
    yield at_most_none("acknowledged registrations missing", len(held - registered) + len(confirmed - granted))
    yield Figure("downloads acknowledged", len(downloads))
    yield at_most_none("acknowledged downloads missing", len(downloads - taken))


def lost(answers: list[Answer], phases: list[Phase]) -> Iterator[Figure]:
    """A request belongs to the phase in which it was under way; to none of them if it was answered in between."""
    counted = Counter(phase_of(answer, phases) for answer in answers if answer.is_lost)
    yield at_most_none("requests lost outside of PostgreSQL's restart", counted.total() - counted[POSTGRES])
    yield Figure("requests lost during PostgreSQL's restart", counted[POSTGRES])
    for name in [*dict.fromkeys(phase.name for phase in phases), QUIET]:
        if counted[name] and name != POSTGRES:
            yield Figure(f"requests lost, {name}", counted[name])
    for (kind, status, name), times in Counter((a.kind, a.status, phase_of(a, phases)) for a in answers if a.is_lost).most_common(12):
        print(f"lost: {times} × {kind}, {status or 'no answer'}, {name}", file=sys.stderr)


def phase_of(answer: Answer, phases: list[Phase]) -> str:
    under = [phase.name for phase in phases if answer.began <= phase.ended + settled(phase) and answer.ended >= phase.began]
    return POSTGRES if POSTGRES in under else next(iter(under), QUIET)


def settled(phase: Phase) -> float:
    """What gunicorn, workers and Redis still do after they were told belongs to no phase: nothing may be lost in it."""
    return SETTLED if phase.name == POSTGRES else 0.0


def told(ledgers: list[Ledger], took: float) -> Iterator[Figure]:
    answers = list(chain(*(ledger.answers for ledger in ledgers)))
    yield Figure("requests", len(answers))
    yield Figure("requests a second, of clients that pause", len(answers) / took)
    for kind in KINDS:
        seconds = sorted(answer.ended - answer.began for answer in answers if answer.kind == kind)
        if seconds:
            yield Figure(f"{kind}: 99 of 100 within", seconds[int(len(seconds) * 0.99)] * 1000, "ms")
            yield Figure(f"{kind}: the slowest", seconds[-1] * 1000, "ms")
    yield Figure("log-ins", sum(ledger.log_ins for ledger in ledgers))
    yield Figure("notifications sent again", sum(ledger.retried for ledger in ledgers))
    yield at_most_none("notifications given up", sum(ledger.given_up for ledger in ledgers))
    throttled = sum(answer.status == 429 for answer in answers)
    yield Figure("answers of 429", throttled)
    for odd, times in Counter(chain(*(ledger.odd for ledger in ledgers))).most_common(12):
        print(f"odd: {times} × {odd}", file=sys.stderr)


MEASURES = (mixed_load,)
