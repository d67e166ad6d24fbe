"""Every request has an id: in the answer, on each line of the log, on the page of a 500, and on the lines of the tasks that it wakes."""

import json
import logging
import re
import time

import pytest
from celery.contrib.testing.worker import start_worker
from celery.signals import before_task_publish
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from infacta import under_way
from infacta.celery import app
from infacta.urls import handler400, handler404, handler500  # noqa: F401
from infacta.urls import urlpatterns as site
from tests.infacta.logged import logged

GIVEN = "0123456789abcdef0123456789abcdef"
log = logging.getLogger("tests")


def view(request: HttpRequest) -> HttpResponse:
    log.info("It is told.")
    if "break" in request.GET:
        raise RuntimeError("broken")
    return HttpResponse("done")


urlpatterns = [path("told/", view, name="told"), *site]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def test_each_request_has_one_of_its_own():
    ids = {Client().get("/told/")["X-Request-ID"] for _request in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in ids)
    assert under_way.current.get() == under_way.NOTHING


@pytest.mark.parametrize(
    ("given", "believed"),
    [
        (GIVEN, True),
        ("0b7e2c6e-1d5a-4c62-9a44-3d0c0f6f8e11", True),
        ("short", False),
        ("x" * 65, False),
        (f"{GIVEN}\tforged", False),
        (f"{GIVEN} 2026-01-01 00:00:00 INFO all is well", False),
        ("alice@example.com-0123456789", False),
        ("ü" * 20, False),
    ],
)
def test_a_proxys_word_counts_if_it_is_well_formed(settings, given, believed):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    answered = Client().get("/told/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert (answered == given) is believed
    settings.TRUSTED_PROXIES = ["192.0.2.1"]
    assert Client().get("/told/", headers={"X-Request-ID": given})["X-Request-ID"] != given, "nobody else's does"


@pytest.mark.parametrize("address", ["/told/", "/no-such-page/", "/healthz", "/resources/", "/%00", "/privacy/?x=%00"])
def test_every_answer_names_it(address):
    assert re.fullmatch(r"[0-9a-f]{32}", Client().get(address)["X-Request-ID"])


def test_the_lines_of_a_request_have_it_with_the_routes_name():
    with logged() as logs:
        number = Client().get("/told/")["X-Request-ID"]
        log.info("Nobody asked.")
    told, nobody = [json.loads(line) for line in logs.json.splitlines() if "tests" in line]
    assert (told["request_id"], told["view"], told["message"]) == (number, "told", "It is told.")
    assert (nobody["request_id"], "view" in nobody) == ("-", False)
    assert f" INFO tests [{number}] It is told." in logs.text


def test_the_page_of_a_500_shows_it_and_the_log_has_the_traceback_under_it():
    with logged() as logs:
        answer = Client(raise_request_exception=False).get("/told/?break")
    number = answer["X-Request-ID"]
    assert (answer.status_code, number in answer.content.decode()) == (500, True)
    [broke] = [one for one in map(json.loads, logs.json.splitlines()) if one["logger"] == "django.request"]
    assert (broke["request_id"], broke["status"], broke["view"]) == (number, 500, "told")
    assert "RuntimeError: broken" in broke["exception"]


def test_what_django_writes_when_all_is_over_has_it_too():
    with logged() as logs:
        number = Client().get("/no-such-page/")["X-Request-ID"]
    [line] = [json.loads(line) for line in logs.json.splitlines() if "Not Found" in line]
    assert (line["request_id"], line["status"]) == (number, 404)


# Tasks


@app.task(name="tests.told")
def told() -> None:
    log.info("A task.")


def test_a_task_carries_the_id_of_the_request_that_woke_it():
    token = under_way.current.set(under_way.Work(GIVEN))
    try:
        headers: dict[str, str] = {}
        before_task_publish.send("tests.told", headers=headers, body=())
    finally:
        under_way.current.reset(token)
    with logged() as logs:
        told.apply(headers=headers)
        told.apply()
    first, second = [json.loads(line) for line in logs.json.splitlines() if '"tests"' in line]
    assert (first["request_id"], first["task"]) == (GIVEN, "tests.told")
    assert re.fullmatch(r"[0-9a-f]{32}", second["request_id"])
    assert second["request_id"] != GIVEN
    assert under_way.current.get() == under_way.NOTHING


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_finds_it_in_the_message(monkeypatch):
    """With a broker in memory, and Celery's own worker."""
    for name in ("broker_url", "broker_read_url", "broker_write_url"):
        monkeypatch.setattr(app.conf, name, "memory://")
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    done: list[str] = []
    monkeypatch.setattr(told, "run", lambda: done.append(under_way.current.get().id))
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=20):
        token = under_way.current.set(under_way.Work(GIVEN))
        told.delay()
        under_way.current.reset(token)
        for _try in range(100):
            if done:
                break
            time.sleep(0.05)
    app._pool = app.amqp._producer_pool = None
    assert done == [GIVEN]
