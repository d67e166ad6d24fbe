"""Guessing at the codes of a promotion: 10,000 wrong ones from many addresses are slowed and reported, while honest visitors register.

Words, for they alone can be guessed. The requests go through the whole application in this process, from eight threads of guessers and one of
visitors; each guesser changes the address with every try, so that none of them comes to the limit of a network. The limits forgive with time, so
a slow machine lets more guesses through: the last look at them counts that in.
"""

import logging
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from django.db import connection
from django.test import Client

from accounts.detectors.scores import REVIEW_AT
from accounts.limits import PROMO_CODE_GUESSED_AT, PROMO_CODE_PROMOTION
from accounts.models import MisuseFinding
from audit.models import AuditEvent
from bench.figures import Figure
from downloads.models import Product
from promotions import code_format
from promotions.models import Promotion, Redemption
from promotions.tasks import watch_promotions

GUESSES, ADDRESSES, GUESSERS = 10_000, 1_000, 8
WORD, PATH = "SPRING26", "/promotions/guessed/"
MILLISECONDS = 1_000


def make_promotion() -> None:
    product = Product.objects.create(code="GUESSED", slug="guessed", name="Guessed", unlock_prefix="GSS")
    promotion = Promotion.objects.create(title="Guessed", slug="guessed", is_published=True)
    promotion.grants.create(product=product)
    batch = promotion.batches.create(tag="ALL", is_shared=True, state="ready")
    batch.codes.create(code=WORD, digest=code_format.digest_of(code_format.normalised(WORD)), uses=None)


def guesser(number: int) -> Counter[int]:
    """How often each answer was given to a share of the guesses."""
    answers: Counter[int] = Counter()
    client = Client(SERVER_NAME="localhost")  # one, for each new one sets the application up once more
    for guess in range(number, GUESSES, GUESSERS):
        address = f"10.{guess % ADDRESSES // 250}.{guess % 250}.9"
        answers[client.post(PATH, {"code": f"WRNG{guess:05}"}, REMOTE_ADDR=address).status_code] += 1
        client.cookies.clear()
    connection.close()
    return answers


def visitor(over: Event) -> list[tuple[bool, float]]:
    """Whether each registration succeeded, and the seconds that it took, until the guessing is over."""
    told: list[tuple[bool, float]] = []
    client = Client(SERVER_NAME="localhost")
    while not over.is_set():
        number, began = len(told), time.monotonic()
        address = f"172.16.{number // 250}.{number % 250}"
        client.cookies.clear()
        client.post(PATH, {"code": WORD}, REMOTE_ADDR=address)
        answer = client.post(f"{PATH}register/", {"email": f"visitor{number}@example.com"}, REMOTE_ADDR=address)
        told.append((answer.status_code == 302, time.monotonic() - began))
    connection.close()
    return told


def allowed_in(seconds: float) -> float:
    """How many guesses the limits let through at most: those of the promotion until it counts as guessed at, and then those of each network.

    As many as there are threads may have been admitted before the promotion's limit was seen to be spent.
    """
    before = PROMO_CODE_PROMOTION.burst + seconds / PROMO_CODE_PROMOTION.interval
    of_each = PROMO_CODE_GUESSED_AT.burst + int(seconds / PROMO_CODE_GUESSED_AT.interval)
    return before + GUESSERS + ADDRESSES * of_each


def guessing() -> Iterator[Figure]:
    """What becomes of the guesses, of the visitors, and what staff are told."""
    make_promotion()
    logging.getLogger("django.request").setLevel(logging.ERROR)  # a line for each 429 would bury the figures
    over, began = Event(), time.monotonic()
    with ThreadPoolExecutor(GUESSERS + 1) as threads:
        honest = threads.submit(visitor, over)
        answers = sum(threads.map(guesser, range(GUESSERS)), Counter())
        seconds = time.monotonic() - began
        over.set()
        told = honest.result()
    refused = AuditEvent.objects.filter(kind="promo_code.refused").count()
    yield Figure("guesses from 1,000 addresses, ten each", answers.total(), goal=GUESSES)
    yield Figure("slowed: answered with 429 and not looked up", 100 * answers[429] / GUESSES, "%", goal=60)
    yield Figure("looked up, of 10,000", answers[200], goal=4_000, at_most=True)
    beyond = answers[200] - allowed_in(seconds)
    yield Figure("looked up beyond what the limits allow in that time", max(0, beyond), goal=0, at_most=True)
    yield Figure("looked up and not in the audit log", answers[200] - refused, goal=0, at_most=True)
    yield Figure("guesses answered a second, eight threads in one process", GUESSES / seconds)
    yield Figure("honest visitors who tried to register meanwhile", len(told), goal=50)
    yield Figure("of them registered", 100 * sum(done for done, _seconds in told) / len(told), "%", goal=100)
    yield Figure("a registration among eight guessers, median", MILLISECONDS * statistics.median(took for _done, took in told), "ms")
    assert Redemption.objects.count() == len(told)
    began = time.monotonic()
    watch_promotions()
    yield Figure("the run that reports it", time.monotonic() - began, "s", goal=5, at_most=True)
    finding = MisuseFinding.objects.get(detector="promotion_guessed_at")
    yield Figure("score of the finding (the queue of staff begins at 40)", finding.score, goal=REVIEW_AT)


MEASURES = (guessing,)
