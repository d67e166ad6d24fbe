"""C6: every log-in is recorded for each person, with date, time and IP address. The web server keeps its standard log too."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import LoginSession
from accounts.personal_data import LOGIN_HISTORY
from accounts.tasks import purge_login_sessions
from audit.models import AuditEvent
from tests.cast import PASSWORD
from tests.customer import log_in, try_log_in
from tests.pages import words_of
from tests.staff import staff_log_in

ROOT = Path(__file__).resolve().parents[2]


def browser(address: str, name: str = "Firefox") -> Client:
    return Client(headers={"X-Forwarded-For": address, "User-Agent": name})


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


@pytest.mark.django_db
def test_c06_each_log_in_of_each_person_is_recorded(alice, bob):
    before = timezone.now()
    for user, address in ((alice, "203.0.113.1"), (bob, "2001:db8::7"), (alice, "198.51.100.3")):
        log_in(user, browser(address))
    for user, addresses in ((alice, ["203.0.113.1", "198.51.100.3"]), (bob, ["2001:db8::7"])):
        sessions = LoginSession.objects.filter(user=user).order_by("pk")
        events = AuditEvent.objects.filter(kind="login.succeeded", user=user).order_by("pk")
        assert [session.ip for session in sessions] == [event.ip for event in events] == addresses
        assert [event.detail["login_session"] for event in events] == [session.pk for session in sessions]
        assert all(before <= row <= timezone.now() for row in [*(s.started_at for s in sessions), *(e.at for e in events)])


@pytest.mark.django_db
def test_c06_nobody_writes_an_address_of_their_own_into_the_record(alice, settings):
    log_in(alice, browser("10.9.9.9, 203.0.113.1"))
    assert LoginSession.objects.get().ip == "203.0.113.1", "what stands further left is the client's own word"
    settings.TRUSTED_PROXIES = []
    log_in(alice, browser("203.0.113.1"))
    assert LoginSession.objects.first().ip == "127.0.0.1"


@pytest.mark.django_db
def test_c06_failed_log_ins_are_recorded_with_the_person_they_were_tried_on(alice):
    try_log_in("alice@EXAMPLE.com", "wrong", browser("203.0.113.66"))
    event = AuditEvent.objects.get(kind="login.failed")
    assert (event.user, event.ip) == (alice, "203.0.113.66")
    assert not LoginSession.objects.exists()


@pytest.mark.django_db
def test_c06_there_is_no_way_in_without_a_record(alice):
    """Every way to become logged in: the form, and a changed password, which begins a new log-in."""
    client = log_in(alice)
    client.post("/resources/account/password/", {"current_password": PASSWORD, "new_password": "another long phrase"})
    Client().post("/resources/password/forgotten/", {"email": alice.email})
    assert client.get("/resources/").status_code == 200
    assert LoginSession.objects.count() == AuditEvent.objects.filter(kind="login.succeeded", user=alice).count() == 2
    LoginSession.objects.all().delete()
    assert client.get("/resources/").status_code == 302, "without its record a log-in is none"


@pytest.mark.django_db
def test_c06_staff_log_ins_are_recorded_with_their_area(ada):
    staff_log_in(ada, browser("203.0.113.5"))
    session = LoginSession.objects.get()
    assert (session.user, session.area, session.ip) == (ada, "staff", "203.0.113.5")
    assert AuditEvent.objects.get(kind="login.succeeded").detail["area"] == "staff"


@pytest.mark.django_db
def test_c06_the_end_is_recorded_too(alice):
    client = log_in(alice)
    client.post("/resources/log-out/")
    session = LoginSession.objects.get()
    assert session.ended_at
    assert session.end_reason == "logged_out"
    assert AuditEvent.objects.filter(kind="login.ended", user=alice).count() == 1


@pytest.mark.django_db
def test_c06_customers_read_their_own_log_ins_with_date_time_and_address(alice, bob):
    log_in(bob, browser("198.51.100.200"))
    log_in(alice, browser("192.0.2.1", "Lynx/2.8"))
    client = log_in(alice, browser("203.0.113.2", "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"))
    page = words_of(client.get("/resources/activity/").content.decode())
    session = LoginSession.objects.filter(user=alice).first()
    began, seen = date_format(session.started_at, "DATETIME_FORMAT"), date_format(session.last_seen_at, "SHORT_DATETIME_FORMAT")
    assert f"{began} last seen {seen} 203.0.113.2 near the network you are in now Firefox on Windows this log-in" in page
    assert "192.0.2.1 Lynx on an unknown system open" in page
    assert "198.51.100.200" not in page


@pytest.mark.django_db
def test_c06_records_are_kept_for_the_year_that_is_promised_and_then_go(alice):
    log_in(alice)
    LoginSession.objects.update(started_at=timezone.now() - LOGIN_HISTORY.longest + timedelta(minutes=1))
    assert purge_login_sessions() == 0
    LoginSession.objects.update(started_at=timezone.now() - LOGIN_HISTORY.longest - timedelta(minutes=1))
    assert purge_login_sessions() == 1
    assert AuditEvent.objects.filter(kind="login.succeeded", user=alice).exists(), "the audit log keeps its own time"


@pytest.fixture
def served(tmp_path):
    """The site on its real server, with the standard log in a file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "access.log"
    environment = os.environ | {
        "INFACTA_MODE": "test",
        "PORT": str(port),
        "ACCESS_LOG": str(log),
        "WEB_WORKERS": "1",
        "DATA_DIR": str(tmp_path),
    }
    command = [Path(sys.executable).with_name("gunicorn"), "infacta.wsgi"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    yield port, log
    server.terminate()
    server.wait(20)


def visit(port: int, path: str) -> int:
    for _try in range(200):
        try:
            with urllib.request.urlopen(
                urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"User-Agent": "Lynx/2"})
            ) as answer:
                return int(answer.status)
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError("the server never answered")


def test_c06_the_server_keeps_the_standard_log(served):
    port, log = served
    assert visit(port, "/privacy/resources/") == 200
    for _try in range(100):
        if log.exists() and log.read_text():
            break
        time.sleep(0.05)
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/resources/password/MQ/c7x-0123456789abcdef/?key=0123456789abcdef")
    for _try in range(100):
        if len(lines := log.read_text().splitlines()) == 2:
            break
        time.sleep(0.05)
    line, link = lines
    assert '"GET /resources/password/(link)/ HTTP/1.1"' in link
    assert "0123456789abcdef" not in link
    assert line.startswith("127.0.0.1 - - [")
    assert timezone.localtime().strftime("%Y") in line
    assert '"GET /privacy/resources/ HTTP/1.1" 200' in line
    assert '"Lynx/2"' in line
