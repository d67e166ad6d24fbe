"""Logging in: what it costs beside the hash of the password; and what every page of the area asks before its own work."""

import multiprocessing
import statistics
from collections.abc import Iterator

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import stage
from bench.cast import PASSWORD, make_customer
from bench.clients import hash_many, log_in_many
from bench.figures import Figure

ROUNDS, AT_ONCE, EACH = 5, 4, 25


def log_in() -> Iterator[Figure]:
    """Log-ins a second over HTTP against bare hashes a second, four at once on all cores, in turn; every browser is a new one."""
    customers = [make_customer(f"log-in{number}@example.com", downloads=0).email for number in range(AT_ONCE)]
    encoded = make_password(PASSWORD)
    ratios = []
    with stage.gunicorn("infacta.wsgi", 8190, workers=AT_ONCE), multiprocessing.get_context("spawn").Pool(AT_ONCE) as clients:
        for _round in range(ROUNDS):
            hashes = a_second(clients.starmap(hash_many, [(encoded, PASSWORD, EACH)] * AT_ONCE))
            log_ins = a_second(clients.starmap(log_in_many, [(email, PASSWORD, EACH) for email in customers]))
            ratios.append(hashes / log_ins - 1)
    yield Figure("Argon2 alone, hashes a second", hashes)
    yield Figure("log-ins a second", log_ins)
    yield Figure("a log-in, all but Argon2 / Argon2", statistics.median(ratios), goal=0.30, at_most=True)


def a_second(took: list[float]) -> float:
    """What all of them did in a second, from how long each of them took."""
    return sum(EACH / seconds for seconds in took)


def queries_before_a_page() -> Iterator[Figure]:
    """The queries of a page of the area that asks nothing itself: the form to change the password."""
    customer = make_customer("queries@example.com", downloads=0)
    client = Client()
    client.post("/resources/log-in/", {"email": customer.email, "password": PASSWORD})
    path = "/resources/account/password/"
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    yield Figure("queries of a page of the area before its own work", len(captured), goal=4, at_most=True)


MEASURES = (log_in, queries_before_a_page)
