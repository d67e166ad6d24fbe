"""Everybody who joined, as a table: whole, harmless to spreadsheets, and imported again it changes nothing."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import LoginSession, Suppression
from accounts.models.suppression import digest_of
from announcements.models import Mailbox, Subscription
from announcements.subscribers import exporting
from announcements.subscribers.columns import WRITTEN
from audit.models import AuditEvent
from tests.announcements.group import PAGE, csv_of, finish, imported, line, looked_through, numbers
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> None:
    """In the group; left; suppressed; waiting; with topics; and with addresses that spreadsheets misread."""
    names = ["zoe", "left", "dead", "choosy", "=1+1", "+49", "-x", "'quoted"]
    imported(csv_of(line(f"{name}@example.com", topics="updates" if name == "choosy" else "") for name in names))
    for address in ("'+odd@example.com", "''twice@example.com"):
        given = {"state": "confirmed", "source": "home", "wording": "1", "confirmed_at": "2025-05-01T10:00:00Z"}
        Subscription.objects.create(email=address, email_key=address, **given)
    Subscription.objects.get(email_key="left@example.com").leave()
    Suppression.objects.suppress(digest_of("dead@example.com"), "bounced")
    Subscription.objects.create(email="waits@example.com", email_key="waits@example.com")


def exported(capsys) -> str:
    call_command("export_subscribers")
    return capsys.readouterr().out


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_an_export_tells_state_and_proof(people, capsys):
    rows = {row["email"]: row for row in table(exported(capsys))}
    assert list(rows["zoe@example.com"]) == list(WRITTEN)
    zoe = rows["zoe@example.com"]
    assert (zoe["source"], zoe["wording"], zoe["consented_at"], zoe["ip"], zoe["basis"], zoe["state"]) == (
        "trade fair",
        "fair-2025",
        "2025-05-01T10:00:00+00:00",
        "192.0.2.7",
        "imported",
        "confirmed",
    )
    assert (rows["left@example.com"]["state"], bool(rows["left@example.com"]["left_at"])) == ("left", True)
    assert rows["dead@example.com"]["suppressed"] == "bounced"
    assert rows["waits@example.com"]["state"] == "pending"
    assert (zoe["topics"], rows["choosy@example.com"]["topics"]) == ("releases updates offers", "updates")


def test_no_cell_is_a_formula(people, capsys):
    for row in csv.reader(io.StringIO(exported(capsys).removeprefix("\ufeff"))):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_importing_an_export_changes_nothing(people, capsys):
    before = list(Subscription.objects.values()), list(Mailbox.objects.values()), list(Suppression.objects.values())
    row = imported_or_nothing(exported(capsys).encode())
    assert row.new == 0
    assert (list(Subscription.objects.values()), list(Mailbox.objects.values()), list(Suppression.objects.values())) == before


def imported_or_nothing(content: bytes):
    row = looked_through(content)
    row.begin()
    return finish(row)


def test_elsewhere_an_export_brings_in_those_alone_who_belong(people, capsys):
    content = exported(capsys).encode()
    for model in (Subscription, Mailbox, Suppression):
        model.objects.all().delete()
    row = imported_or_nothing(content)
    assert numbers(row) == (8, 0, 2, 1), "two stay away; who never confirmed has shown no wording"
    assert set(Subscription.objects.values_list("email", flat=True)) >= {
        "=1+1@example.com",
        "'quoted@example.com",
        "'+odd@example.com",
        "''twice@example.com",
    }
    assert Mailbox.objects.filter(wants_updates=True, wants_offers=False).get().email == "choosy@example.com"


def test_staff_export_with_one_click_and_it_is_recorded(people, ada):
    client = staff_log_in(ada)
    answer = client.post(f"{PAGE}export/")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert len(table(answer.getvalue().decode())) == 11
    event = AuditEvent.objects.get(kind="subscribers.exported")
    assert (event.actor, event.detail) == (ada, {"count": 11})


def test_whoever_takes_everybodys_address_has_proved_lately_who_they_are(people, ada):
    client = staff_log_in(ada)
    LoginSession.objects.filter(user=ada).update(confirmed_at=timezone.now() - timedelta(minutes=11))
    assert client.post(f"{PAGE}export/")["Location"].startswith("/staff/confirm/?next=%2Fstaff%2F")
    assert not AuditEvent.objects.filter(kind="subscribers.exported").exists()


def test_the_number_of_queries_grows_with_the_pieces_alone(people, monkeypatch):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert list(exporting.lines())
        return len(seen)

    few = queries()
    imported(csv_of(line(f"more{number}@example.com") for number in range(300)))
    assert queries() == few
