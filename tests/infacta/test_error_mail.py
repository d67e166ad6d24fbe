"""Mails about errors: what broke, and nothing of whoever met it; one an hour of a fault; and never a fault of their own."""

import logging
import threading
import time

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from bench.own_servers import free_port
from infacta import error_mail
from infacta.error_mail import ErrorMailHandler, Tally
from infacta.log_lines import InContext
from infacta.urls import handler404, handler500  # noqa: F401
from infacta.urls import urlpatterns as site
from infacta.web_log import HideLinks
from tests.relay import running_relay

CANARIES = (
    "canary-name",
    "canary-password",
    "canary@example.com",
    "canary-cookie",
    "canary-header",
    "canary-query",
    "canary-local",
    "canary-row",
)

MESSAGE = f"{CANARIES[2]} is in the way\nDETAIL: Failing row contains ({CANARIES[7]})"


def view(request: HttpRequest) -> HttpResponse:
    local = request.POST.get("name", "") + CANARIES[6]
    raise RuntimeError(MESSAGE) if local else ValueError


urlpatterns = [path("broken/", view, name="broken"), *site]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def handler(settings, tmp_path):
    settings.ERROR_MAIL_TO = ["ops@vendor.example", "night@vendor.example"]
    settings.ERROR_MAILS_DIR = tmp_path / "error-mails"
    handler = ErrorMailHandler()
    handler.setLevel(logging.ERROR)
    handler.addFilter(HideLinks())
    handler.addFilter(InContext())
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def meet(**options) -> HttpResponse:
    browser = Client(raise_request_exception=False)
    browser.cookies["canary-cookie"] = "canary-cookie"
    form = {"name": "canary-name", "password": "canary-password", "email": "canary@example.com"}
    answer = browser.post("/broken/?q=canary-query", form, headers={"X-Something": "canary-header"}, **options)
    for thread in threading.enumerate():
        if thread.name == "error-mail":
            thread.join(30)
    return answer


def test_it_says_what_broke_and_nothing_of_whoever_met_it(handler, settings):
    with running_relay(settings) as relay:
        answer = meet()
        [mail] = relay.received
    text = mail.get_payload(decode=True).decode()
    assert mail["Subject"] == "[Infacta] RuntimeError in broken"
    assert mail["To"] == "ops@vendor.example, night@vendor.example"
    assert answer["X-Request-ID"] in text
    assert "in view" in text
    assert "RuntimeError: (address) is in the way" in text
    for canary in CANARIES:
        assert canary not in text, canary


def test_one_mail_an_hour_and_the_next_says_how_many_were_passed_over(handler, settings, monkeypatch):
    with running_relay(settings) as relay:
        for _time in range(4):
            meet()
        assert len(relay.received) == 1
        now = time.time()
        monkeypatch.setattr(error_mail.time, "time", lambda: now + 3601)
        meet()
        assert "since the last mail about it: 3 times" in relay.received[1].get_payload(decode=True).decode()


def test_processes_of_one_host_count_together_and_a_full_disk_stops_nothing(tmp_path):
    now = time.time()
    first, second = Tally(tmp_path / "x", {}), Tally(tmp_path / "x", {})
    assert [first.admit("f", now), second.admit("f", now + 10), first.admit("f", now + 20), second.admit("f", now + 3700)] == [
        0,
        None,
        None,
        2,
    ]
    assert first.admit("g", now) == 0
    nowhere = Tally(tmp_path / "x" / "f" / "below-a-file", {})
    assert [nowhere.admit("f", now), nowhere.admit("f", now + 1), nowhere.admit("f", now + 3700)] == [0, None, 1]


def test_what_stands_in_a_broken_tally_counts_for_nothing(tmp_path):
    (tmp_path / "f").write_text("nonsense")
    assert Tally(tmp_path, {}).admit("f", time.time()) == 0


def test_a_relay_that_is_away_or_hangs_holds_nobody_up(handler, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    began = time.monotonic()
    assert meet().status_code == 500
    assert time.monotonic() - began < 5


def test_what_is_logged_without_an_exception_is_not_mailed(handler, settings):
    with running_relay(settings) as relay:
        logging.getLogger("tests").error("Something is odd.")
        assert Client().get("/no-such-page/").status_code == 404
        assert relay.received == []
