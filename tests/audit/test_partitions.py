"""The SQL of docs/decisions/audit-log.md really cuts the table into months, and everything goes on as before."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent, Seal
from audit.retention import OF_BATCH, of_batch, purged_before, truncated_before
from audit.settled import settled_id
from audit.tasks import purge_events, seal_events, truncate_addresses
from tests.audit.hands import ago, events, sql, tamper, verified
from tests.customer import log_in
from tests.staff import staff_log_in

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "decisions" / "audit-log.md").read_text()
A_MINUTE = timedelta(minutes=1)


def run(number: int) -> None:
    """One of the blocks of SQL on the page, as psql runs it."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.cursor() as cursor:
        cursor.execute(re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[number], None)


def tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('audit_auditevent') WHERE isleaf")
        return {name for (name,) in cursor.fetchall()}


def indexes() -> dict[str, str]:
    """What each of the model's indexes covers, by its name."""
    names = [index.name for index in AuditEvent._meta.indexes]
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'audit_auditevent' AND indexname = ANY(%s)", [names])
        return {name: covers.partition(" USING ")[2] for name, covers in cursor.fetchall()}


def table_of(event: AuditEvent) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_auditevent WHERE id = %s", [event.pk])
        return cursor.fetchone()[0]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def cut(alice, now) -> list[AuditEvent]:
    """Events of three ages, sealed in one table and then cut into months: past all retention, past the addresses' life, and young."""
    made = events(2, ago(purged_before(now), A_MINUTE)) + events(2, ago(truncated_before(now), A_MINUTE)) + events(2)
    seal_events()
    run(0)
    return made


def test_every_event_is_there_and_the_chain_holds(cut, now):
    assert set(AuditEvent.objects.values_list("pk", flat=True)) >= {event.pk for event in cut}
    assert "In order" in verified()
    for event in cut:
        assert table_of(event) == f"audit_auditevent_{event.at.astimezone(UTC):%Y_%m}"


def test_every_index_of_the_model_is_there(db):
    before = indexes()
    assert len(before) == len(AuditEvent._meta.indexes)
    run(0)
    assert indexes() == before


def test_new_events_follow_with_ids_of_their_own(cut, alice, ada):
    last = settled_id()
    log_in(alice)
    newest = AuditEvent.objects.get(kind="login.succeeded", user=alice)
    assert newest.pk == last + 1
    assert table_of(newest) == f"audit_auditevent_{timezone.now().astimezone(UTC):%Y_%m}"
    assert seal_events() == 1
    verified()
    page = staff_log_in(ada, Client()).get("/staff/audit/auditevent/", {"q": alice.email_key}).content.decode()
    assert "logged in" in page


def test_an_event_of_a_month_that_has_no_table_is_not_lost(cut):
    [event] = events(1, timezone.now() + timedelta(days=2000))
    assert table_of(event) == "audit_auditevent_rest"


def test_the_database_refuses_as_before(cut):
    month = table_of(cut[-1])
    for statement in (
        "UPDATE audit_auditevent SET kind = 'x'",
        "DELETE FROM audit_auditevent",
        f"UPDATE {month} SET kind = 'x'",
        f"DELETE FROM {month}",
    ):
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            sql(statement)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET LOCAL infacta.audit_truncate = 'off'")
    for table in ("audit_auditevent", month):
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            sql(f"TRUNCATE {table}")
    sql("RESET infacta.audit_truncate")


def test_tampering_is_found_as_before(cut):
    seal = Seal.objects.order_by("number").last()
    tamper("UPDATE audit_auditevent SET kind = 'login.ended' WHERE id = %s", cut[-1].pk)
    with pytest.raises(CommandError, match=f"Broken at seal {seal.number} "):
        verified()


def test_retention_goes_on_and_empty_months_are_removed(cut):
    month = table_of(cut[0])
    run(1)
    assert month in tables(), "it is not empty yet"
    assert truncate_addresses() == 4
    assert purge_events() == 2
    verified()
    before = tables()
    run(1)
    assert month not in tables()
    assert tables() < before
    assert all(table == "audit_auditevent_rest" or table >= f"audit_auditevent_{purged_before(timezone.now()):%Y_%m}" for table in tables())
    verified()


def test_retention_reads_one_month_alone(cut):
    """The statements of retention name times, so PostgreSQL leaves the other months out."""
    seal = Seal.objects.get(first_id=cut[0].pk)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN DELETE FROM audit_auditevent WHERE {OF_BATCH}", of_batch(seal, purged_before(timezone.now())))
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert set(re.findall(r"Delete on (audit_auditevent_\w+)", plan)) == {table_of(cut[0])}
