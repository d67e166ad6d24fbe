"""Promotional codes: a million made, and one found among them; and many who register at once for what is not enough for all."""

import multiprocessing
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import django
from django.db import OperationalError, connection
from django.db.models import Sum
from django.utils import timezone

from accounts.contact import Contact
from bench.cast import make_product
from bench.figures import Figure
from downloads.models import Entitlement, UnlockCode
from promotions import code_format, export, making, registration
from promotions.models import CodeBatch, PromoCode, Promotion, Redemption
from promotions.registration import NotPossible, Origin

FEW, MILLION = 1_000, 1_000_000
LOOK_UPS, ROUNDS = 2_000, 5
LIMIT, TRIED = 1_000, 3_000
PROCESSES, THREADS = 4, 8  # 32 clients
MEGABYTES = 1 / 1024  # of a kilobyte, in which the system tells


def make_promotion(slug: str, limit: int | None = None) -> Promotion:
    promotion = Promotion.objects.create(title=slug.title(), slug=slug, is_published=True, limit=limit)
    promotion.grants.create(product=make_product("PROMOTED"))
    return promotion


def make_batch(promotion: Promotion, tag: str, size: int) -> CodeBatch:
    batch = promotion.batches.create(tag=tag, size=size)
    while making.make_due(60):
        pass
    batch.refresh_from_db()
    assert batch.made == size == batch.codes.count()
    return batch


def codes() -> Iterator[Figure]:
    """Made as a worker makes them, in pieces; PostgreSQL on the same two cores."""
    promotion = make_promotion("million")
    found_among_few = microseconds_of_a_look_up(make_batch(promotion, "FEW", FEW))
    make_batch(promotion, "WARM", making.COPIED)
    peak, began = peak_memory(), time.monotonic()
    batch = make_batch(promotion, "M", MILLION)
    seconds = time.monotonic() - began
    yield Figure("a million codes, made", seconds, "s", goal=60, at_most=True)
    yield Figure("memory that a million take more than 20,000", peak_memory() - peak, "MB", goal=10, at_most=True)
    peak, began = peak_memory(), time.monotonic()
    assert sum(1 for _line in export.lines_of(batch)) == MILLION + 1
    yield Figure("a million codes, exported", time.monotonic() - began, "s")
    yield Figure("memory that the export takes", peak_memory() - peak, "MB", goal=10, at_most=True)
    found_among_many = microseconds_of_a_look_up(batch)
    yield Figure("one found among a thousand", found_among_few, "µs")
    yield Figure("one found among a million", found_among_many, "µs")
    yield Figure("among a million / among a thousand", found_among_many / found_among_few, goal=1.5, at_most=True)
    began = time.monotonic()
    CodeBatch.objects.filter(pk=batch.pk).update(clear_until=timezone.now())
    while export.destroy_due():
        pass
    yield Figure("a million codes, destroyed but for their digests", time.monotonic() - began, "s")


def peak_memory() -> float:
    """The most that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MEGABYTES


def microseconds_of_a_look_up(batch: CodeBatch) -> float:
    """The quickest of some rounds, each of many codes from all over the batch: what else the machine does makes rounds slower, and none quicker."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE promotions_promocode")
    numbers = list(batch.codes.values_list("pk", flat=True))
    drawn = random.sample(numbers, min(LOOK_UPS, len(numbers)))
    symbols = list(PromoCode.objects.filter(pk__in=drawn).values_list("code", flat=True))
    return min(round_of(batch.promotion, symbols) for _round in range(ROUNDS))


def round_of(promotion: Promotion, symbols: list[str]) -> float:
    began = time.perf_counter()
    for one in symbols:
        assert PromoCode.objects.of(promotion, one)
    return (time.perf_counter() - began) / len(symbols) * 1e6


def shared_code() -> Iterator[Figure]:
    """3,000 people with one word, and 1,000 places."""
    promotion = make_promotion("word", LIMIT)
    batch = promotion.batches.create(tag="WORD", is_shared=True, state="ready", made=1)
    code = batch.codes.create(code="EVERYBODY", digest=code_format.digest_of("EVERYB0DY"), uses=None)
    yield from crowd("one word", promotion, [code.pk] * TRIED)


def single_use_codes() -> Iterator[Figure]:
    """3,000 people with 1,500 codes, each known to two of them, and 1,000 places."""
    promotion = make_promotion("single", LIMIT)
    numbers = list(make_batch(promotion, "TWO", TRIED // 2).codes.values_list("pk", flat=True))
    yield from crowd("single-use codes", promotion, numbers + numbers)
    used = PromoCode.objects.filter(batch__promotion=promotion).aggregate(used=Sum("used"), held=Sum("held"))
    yield Figure("single-use codes used, and none twice", used["used"], goal=LIMIT)
    assert not used["held"]
    assert not PromoCode.objects.filter(batch__promotion=promotion, used__gt=1).exists()


def crowd(name: str, promotion: Promotion, codes: list[int]) -> Iterator[Figure]:
    """Who gets a place proves the mailbox at once, so that account, unlock code and mail are part of it."""
    people = [(promotion.pk, code, f"{promotion.slug}-{number}@example.com") for number, code in enumerate(codes)]
    before = UnlockCode.objects.count()
    with multiprocessing.get_context("spawn").Pool(PROCESSES, initializer=django.setup) as processes:
        processes.map(come, [[] for _process in range(PROCESSES)], chunksize=1)  # all are there before the clock starts
        began = time.monotonic()
        outcomes = Counter(chain(*processes.map(come, [people[start::PROCESSES] for start in range(PROCESSES)], chunksize=1)))
        seconds = time.monotonic() - began
    promotion.refresh_from_db()
    confirmed = Redemption.objects.filter(promotion=promotion, state="confirmed")
    granted = Entitlement.objects.filter(redemption_item__redemption__in=confirmed).count()
    yield Figure(f"{name}: registrations a second, 32 clients, refused ones too", TRIED / seconds, goal=150)
    yield Figure(f"{name}: confirmed a second, with account, unlock code and mail", LIMIT / seconds)
    yield exactly(f"{name}: places more or fewer than {LIMIT:,}", promotion.used - LIMIT)
    yield exactly(f"{name}: held and not confirmed", promotion.held)
    yield exactly(f"{name}: confirmed registrations more or fewer", confirmed.count() - LIMIT)
    yield exactly(f"{name}: products granted more or fewer", granted - LIMIT)
    yield exactly(f"{name}: unlock codes more or fewer", UnlockCode.objects.count() - before - LIMIT)
    yield exactly(f"{name}: told that there is no place, more or fewer", outcomes["refused"] - (TRIED - LIMIT))
    yield exactly(f"{name}: deadlocks and other breaks", outcomes["broken"])


def exactly(name: str, difference: float) -> Figure:
    return Figure(name, abs(difference), goal=0, at_most=True)


def come(people: list[tuple[int, int, str]]) -> list[str]:
    """What became of each, in a process with so many clients."""
    with ThreadPoolExecutor(THREADS) as clients:
        return list(clients.map(register_and_confirm, people))


def register_and_confirm(person: tuple[int, int, str]) -> str:
    promotion, code, email = person
    try:
        held = registration.register(
            Promotion.objects.get(pk=promotion), PromoCode.objects.get(pk=code), Contact(email), Origin("198.51.100.7")
        )
        return "confirmed" if registration.confirm(held) else "lapsed"
    except NotPossible:
        return "refused"
    except OperationalError:
        return "broken"


MEASURES = (codes, shared_code, single_use_codes)
