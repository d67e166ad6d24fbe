"""C7: every download that a customer takes is recorded, for that very person: which file, when, and from where; and patterns of activity
are analysed for each person."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import MisuseFinding
from accounts.tasks import detect_misuse
from audit.models import AuditEvent
from downloads.models import DownloadSession, Entitlement
from tests import cast
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


def browser(address: str, name: str = "Firefox") -> Client:
    return Client(headers={"X-Forwarded-For": address, "User-Agent": name})


def press(client: Client, entitlement: Entitlement, file):
    return client.post(f"/resources/downloads/{entitlement.pk}/", {"file": file.pk})


def taken(**conditions: object) -> list[tuple[str, str | None, str]]:
    """Whose, from where, and which file: what the audit log says was taken."""
    events = AuditEvent.objects.filter(kind="download.taken", **conditions).order_by("pk").select_related("user")
    return [(event.user.email, event.ip, event.detail["file"]) for event in events]


def test_c07_each_download_of_each_person_is_recorded(alice, alices, notebook, notebook_file, bob, bobs, mailer):
    second, bobs_file = cast.make_file(notebook, "2.0"), cast.make_file(mailer)
    ours, theirs = log_in(alice, browser("203.0.113.1")), log_in(bob, browser("198.51.100.2", "curl"))
    before = timezone.now()
    for client, entitlement, file in ((ours, alices, notebook_file), (theirs, bobs, bobs_file), (ours, alices, second)):
        assert press(client, entitlement, file).status_code == 303
    assert taken() == [
        ("Alice@example.com", "203.0.113.1", "notebook-1.0.zip"),
        ("bob@example.org", "198.51.100.2", "mailer-1.0.zip"),
        ("Alice@example.com", "203.0.113.1", "notebook-2.0.zip"),
    ]
    assert taken(user=bob) == [("bob@example.org", "198.51.100.2", "mailer-1.0.zip")]
    events = AuditEvent.objects.filter(kind="download.taken")
    assert all(before <= event.at <= timezone.now() for event in events)
    assert {event.detail["product"] for event in events} == {"NOTEBOOK", "MAILER"}
    sessions = DownloadSession.objects.filter(entitlement__user=bob)
    assert list(sessions.values_list("ip", "browser", "file")) == [("198.51.100.2", "curl", bobs_file.pk)]
    assert {event.detail["download"] for event in events} == set(DownloadSession.objects.values_list("pk", flat=True))


def test_c07_as_many_are_recorded_as_are_counted(alice, alices, notebook):
    """Until nothing remains: five taken, five recorded; and what was refused is recorded as refused."""
    client = log_in(alice)
    statuses = [press(client, alices, cast.make_file(notebook, f"1.{number}")).status_code for number in range(7)]
    assert statuses == [303] * 5 + [403] * 2
    alices.refresh_from_db()
    assert (alices.downloads_used, len(taken(user=alice)), DownloadSession.objects.count()) == (5, 5, 5)
    refused = AuditEvent.objects.filter(kind="download.refused", user=alice)
    assert [event.detail["reason"] for event in refused] == ["nothing_left"] * 2


@pytest.mark.parametrize("delivery", ["python", "nginx"])
def test_c07_no_file_is_delivered_without_a_record(alice, alices, notebook_file, settings, delivery):
    settings.DOWNLOADS_DELIVERY = delivery
    client = log_in(alice)
    for guess in ("00000000-0000-0000-0000-000000000000", notebook_file.sha256[:32]):
        assert client.get(f"/resources/downloads/{guess}/").status_code == 404
    assert client.get(f"/protected-releases/{notebook_file.stored_as}").status_code == 404
    assert client.get(f"/static/{notebook_file.stored_as}").status_code == 404
    assert taken() == []
    path = press(client, alices, notebook_file)["Location"]
    assert len(taken()) == 1
    assert client.get(path).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_c07_what_cannot_be_recorded_is_not_given(alice, alices, notebook_file):
    """The record and the download are one transaction: no download without its record, and none lost to a fault of ours."""
    client = log_in(alice)
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent RENAME TO gone")
    try:
        assert press(client, alices, notebook_file).status_code == 500
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO audit_auditevent")
    alices.refresh_from_db()
    assert (alices.remaining, DownloadSession.objects.count()) == (5, 0)
    assert press(client, alices, notebook_file).status_code == 303
    assert taken() == [("Alice@example.com", "127.0.0.1", "notebook-1.0.zip")]


def test_c07_how_much_was_sent_and_whether_all_is_recorded(alice, alices, notebook_file):
    client = log_in(alice)
    path = press(client, alices, notebook_file)["Location"]
    b"".join(client.get(path, headers={"Range": "bytes=0-99"}).streaming_content)
    session = DownloadSession.objects.get()
    assert (session.bytes_sent, session.completed_at) == (100, None)
    b"".join(client.get(path, headers={"Range": "bytes=100-"}).streaming_content)
    session.refresh_from_db()
    assert session.bytes_sent == notebook_file.size
    assert session.completed_at
    assert len(taken()) == 1, "resuming is the same download"


def test_c07_the_record_outlives_the_log_in_and_the_refund(alice, alices, notebook_file):
    client = log_in(alice)
    press(client, alices, notebook_file)
    client.post("/resources/log-out/")
    alices.revoke(1)
    assert len(taken(user=alice)) == DownloadSession.objects.filter(entitlement__user=alice).count() == 1


def test_c07_the_customer_and_staff_read_it_and_other_customers_do_not(alice, alices, notebook_file, mallory, ada):
    client = log_in(alice, browser("203.0.113.77"))
    press(client, alices, notebook_file)
    own = words_of(client.get(f"/resources/products/{alices.pk}/").content.decode())
    assert re.search(r"notebook-1\.0\.zip \S+ bytes of 9\.8.KB 203\.0\.113\.77", own)
    staff = staff_log_in(ada)
    log = words_of(staff.get("/staff/audit/auditevent/", {"kind__exact": "download.taken"}).content.decode())
    assert "203.0.113.77" in log
    assert "Alice@example.com" in log
    assert "notebook-1.0.zip" in words_of(staff.get("/staff/downloads/downloadsession/").content.decode())
    for path in ("/resources/", "/resources/account/", f"/resources/products/{alices.pk}/"):
        assert "203.0.113.77" not in log_in(mallory).get(path).content.decode()


def test_c07_the_policy_says_so(client):
    policy = words_of(client.get("/privacy/resources/").content.decode())
    assert "Log-ins and downloads are recorded for each person" in policy
    assert "The downloads you took which of your products it counted for; the file; when you began;" in policy


def test_c07_patterns_of_activity_are_analysed_for_each_person(alice, alices, notebook, bob, bobs, mailer, ada):
    """A script takes everything there is; Bob takes what he needs. The pattern is found for the very person, and staff can read why."""
    alices.allow_more(50)
    script, person = log_in(alice, browser("203.0.113.1", "curl")), log_in(bob, browser("198.51.100.2"))
    for number in range(15):
        assert press(script, alices, cast.make_file(notebook, f"1.{number}")).status_code == 303
    for number in range(3):
        assert press(person, bobs, cast.make_file(mailer, f"1.{number}")).status_code == 303
    detect_misuse()
    finding = MisuseFinding.objects.get()
    assert (finding.user, finding.detector, finding.state) == (alice, "download_burst", "open")
    assert finding.explanation == "15 downloads of 15 files were taken within 1 hour."
    assert set(finding.evidence["event_ids"]) <= set(
        AuditEvent.objects.filter(kind="download.taken", user=alice).values_list("pk", flat=True)
    )
    assert AuditEvent.objects.filter(kind="misuse.found", user=alice).count() == 1
    staff = staff_log_in(ada)
    assert "burst of downloads" in words_of(staff.get("/staff/accounts/misusefinding/").content.decode())
    assert script.get("/resources/").status_code == 200, "running a script is no reason to shut somebody out unheard"


def test_c07_nobody_is_analysed_by_what_others_do(alice, alices, notebook, bob, bobs, mailer):
    """Two customers behind one address, nine downloads each: for either of them it is nine, not eighteen."""
    for entitlement, product in ((alices, notebook), (bobs, mailer)):
        entitlement.allow_more(20)
        client = log_in(entitlement.user, browser("203.0.113.1"))
        for number in range(9):
            press(client, entitlement, cast.make_file(product, f"1.{number}"))
    detect_misuse()
    assert not MisuseFinding.objects.exists()
