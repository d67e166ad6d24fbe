"""A download under way stops when the account is put on hold, the purchase refunded or the release withdrawn; no other one notices.

The server is gunicorn, as an operator starts it.
"""

import http.client
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import holds
from accounts.roles import ADMINISTRATION, SUPPORT
from audit.models import AuditEvent
from downloads.delivery import gate, sending
from downloads.models import DownloadSession, Release
from tests import cast
from tests.customer import log_in
from tests.downloads.servers import cookies_of, gunicorn_on
from tests.downloads.taking import fetch, press
from tests.waiting import wait_for

SIZE = 48_000_000  # more than the buffers of both ends of a connection hold


@pytest.fixture
def gunicorn(own_disk: Path) -> Iterator[int]:
    """The port of a gunicorn on the test's database and disk."""
    with gunicorn_on(own_disk) as port:
        yield port


def begin(port: int, path: str, cookies: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """A slow client: it has read the first part, and the rest waits in the line."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    client.request("GET", path, headers={"Cookie": cookies})
    answer = client.getresponse()
    assert (answer.status, answer.getheader("Content-Length")) == (200, str(SIZE))
    assert len(answer.read(1_000_000)) == 1_000_000
    return client, answer


@pytest.mark.django_db(transaction=True)
def test_a_hold_in_the_middle_cuts_the_running_download(alice, alices, notebook, gunicorn, own_disk):
    file = cast.make_file(notebook, "2.0", bytes(SIZE))
    customer = log_in(alice)
    path = press(customer, alices, file)
    cookies = cookies_of(customer)
    client, answer = begin(gunicorn, path, cookies)
    time.sleep(sending.LOOK_EVERY.total_seconds() + 0.2)
    hold = holds.place(alice, reason="several networks", text="Please write to us.")

    received = 1_000_000
    while part := answer.read(100_000):
        received += len(part)
    assert received < SIZE, "the server closed the connection before the end"
    client.close()
    event = AuditEvent.objects.get(kind="download.refused")
    session = DownloadSession.objects.get()
    assert (event.user, event.detail) == (alice, {"download": session.pk, "product": "NOTEBOOK", "reason": "held"})
    wait_for(lambda: DownloadSession.objects.get().bytes_sent)
    assert DownloadSession.objects.get().bytes_sent < SIZE
    assert DownloadSession.objects.get().completed_at is None
    assert "Traceback" not in (own_disk / "gunicorn.log").read_text()
    assert customer.get(path)["Location"].startswith("/resources/log-in/"), "nor is it resumed"

    holds.lift(hold, by=cast.make_staff("ada@vendor.example", ADMINISTRATION), reason="a family with four computers")
    again, _body = fetch(log_in(alice), path, Range="bytes=0-9")
    assert again.status_code == 206, "a hold is not a refund: afterwards it goes on where it was"


@pytest.mark.django_db(transaction=True)
def test_a_slow_download_that_nothing_stops_comes_whole(alice, alices, notebook, gunicorn):
    """The same with somebody else on hold: it is looked at, and goes on."""
    file = cast.make_file(notebook, "2.0", bytes(SIZE))
    customer = log_in(alice)
    path = press(customer, alices, file)
    cookies = cookies_of(customer)
    _client, answer = begin(gunicorn, path, cookies)
    time.sleep(sending.LOOK_EVERY.total_seconds() + 0.2)
    holds.place(cast.make_staff("sam@vendor.example", SUPPORT), reason="x", text="x")
    assert len(answer.read()) == SIZE - 1_000_000
    wait_for(lambda: DownloadSession.objects.get().completed_at)


@pytest.fixture
def always_looking(monkeypatch) -> None:
    monkeypatch.setattr(sending, "LOOK_EVERY", timedelta(0))
    monkeypatch.setattr(sending, "CHUNK", 1000)


def withdraw(_owned) -> None:
    Release.objects.update(published_at=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda owned: holds.place(owned.user, reason="x", text="x"), "held"),
        (lambda owned: owned.revoke(1), "revoked"),
        (withdraw, "withdrawn"),
    ],
)
def test_what_ends_a_right_stops_its_downloads(alice, alices, notebook_file, always_looking, change, reason):
    client = log_in(alice)
    response = client.get(press(client, alices, notebook_file))
    chunks = iter(response.streaming_content)
    assert len(next(chunks)) == 1000
    change(alices)
    with pytest.raises(sending.Stopped):
        next(chunks)
    assert AuditEvent.objects.get(kind="download.refused").detail["reason"] == reason
    assert DownloadSession.objects.get().bytes_sent == 1000


@pytest.mark.django_db
def test_what_does_not_end_it_stops_nothing(alice, alices, bob, notebook_file, always_looking):
    """The day is over, the customer logged out, another account is held, an own hold has expired: what was begun comes whole."""
    client = log_in(alice)
    response = client.get(press(client, alices, notebook_file))
    chunks = iter(response.streaming_content)
    received = next(chunks)
    now = timezone.now()
    DownloadSession.objects.update(valid_until=now)
    client.post("/resources/log-out/")
    holds.place(bob, reason="x", text="x")
    holds.place(alice, reason="x", text="x", expires_at=now)
    assert received + b"".join(chunks) == b"0123456789" * 1000
    assert not AuditEvent.objects.filter(kind="download.refused").exists()


@pytest.mark.django_db
def test_looking_again_is_one_query(alice, alices, notebook_file, django_assert_num_queries):
    press(log_in(alice), alices, notebook_file)
    session = DownloadSession.objects.get()
    with django_assert_num_queries(1):
        assert gate.reason_to_stop(session, timezone.now()) is None


@pytest.mark.django_db
def test_a_hold_that_comes_while_the_button_is_pressed_spends_nothing(alice, alices, notebook_file, monkeypatch):
    """The request was let in before the hold: it finds it all the same, and the download that it had spent is given back."""
    client = log_in(alice)
    take = type(DownloadSession.objects).take

    def held_just_now(*args, **options):
        holds.place(alice, reason="x", text="x")
        return take(*args, **options)

    monkeypatch.setattr(type(DownloadSession.objects), "take", held_just_now)
    answer = client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    assert answer.status_code == 403
    alices.refresh_from_db()
    assert (alices.downloads_used, DownloadSession.objects.count()) == (0, 0)
