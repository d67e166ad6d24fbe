"""PostgreSQL itself refuses to change the audit log, and its limits are those that are declared (migration 0006)."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from audit.lines import truncated
from audit.models import AuditEvent, Seal
from audit.retention import purged_before, truncated_before
from audit.tasks import purge_events, seal_events
from tests.audit.hands import ago, events, sql

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]
A_MINUTE = timedelta(minutes=1)


def refused(statement: str, *values: object) -> None:
    before = list(AuditEvent.objects.order_by("pk").values()), list(Seal.objects.order_by("pk").values())
    with pytest.raises(ProgrammingError, match="The audit log is append-only"), transaction.atomic():
        sql(statement, *values)
    assert before == (list(AuditEvent.objects.order_by("pk").values()), list(Seal.objects.order_by("pk").values()))


@pytest.fixture
def allowed():
    """As retention does its work."""
    sql("SET LOCAL infacta.audit_retention = 'on'")


def test_the_database_is_postgresql():
    assert connection.vendor == "postgresql", "these tests prove nothing on SQLite: set DATABASE_URL"


CHANGES = [
    "UPDATE audit_auditevent SET kind = 'x'",
    "UPDATE audit_auditevent SET detail = '{}'",
    "UPDATE audit_auditevent SET at = now() - interval '10 years'",
    "UPDATE audit_auditevent SET ip = '203.0.113.0'",
    "UPDATE audit_auditevent SET user_id = NULL",
    "UPDATE audit_auditevent SET id = id + 1000",
    "UPDATE audit_auditevent SET kind = kind",
    "DELETE FROM audit_auditevent",
    "INSERT INTO audit_auditevent SELECT * FROM audit_auditevent ON CONFLICT (id) DO UPDATE SET kind = 'x'",
    "UPDATE audit_seal SET hash = digest",
    "UPDATE audit_seal SET salt = ''",
    "UPDATE audit_seal SET address_salt = ''",
    "UPDATE audit_seal SET purged_at = now()",
    "UPDATE audit_seal SET truncated_at = now()",
    "DELETE FROM audit_seal",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_it_refuses_every_change(statement):
    events(2)
    seal_events()
    refused(statement)


@pytest.mark.parametrize("statement", CHANGES)
def test_retention_may_not_change_what_is_young(allowed, statement):
    events(2)
    seal_events()
    refused(statement)


@pytest.mark.parametrize("table", ["audit_auditevent", "audit_seal", "audit_seal, audit_auditevent", "accounts_user CASCADE"])
def test_it_refuses_to_be_emptied(table, allowed):
    """Tests may empty it between each other, which is switched off here; nothing else ever may."""
    events(1)
    seal_events()
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET LOCAL infacta.audit_truncate = 'off'")
    refused(f"TRUNCATE {table}")
    sql("RESET infacta.audit_truncate")
    sql(f"TRUNCATE {table}")


def test_adding_is_all_that_is_left():
    events(2)
    assert AuditEvent.objects.count() == 2


def test_events_go_when_their_month_is_over_for_two_years_and_not_before(allowed):
    """The limit of the trigger is the declared one, from outside: rows on either side of it."""
    limit = purged_before(timezone.now())
    [young], [old] = events(1, limit + A_MINUTE), events(1, limit - A_MINUTE)
    refused("DELETE FROM audit_auditevent WHERE id = %s", young.pk)
    assert sql("DELETE FROM audit_auditevent WHERE id = %s", old.pk) == 1


def test_even_old_events_go_by_retention_alone():
    [old] = events(1, purged_before(timezone.now()) - A_MINUTE)
    refused("DELETE FROM audit_auditevent WHERE id = %s", old.pk)
    sql("SET LOCAL infacta.audit_retention = 'yes'")
    refused("DELETE FROM audit_auditevent WHERE id = %s", old.pk)


def test_the_permission_ends_with_its_transaction():
    events(1, ago(purged_before(timezone.now()), A_MINUTE))
    assert purge_events() == 1
    [old] = events(1, purged_before(timezone.now()) - A_MINUTE)
    refused("DELETE FROM audit_auditevent WHERE id = %s", old.pk)


def test_addresses_are_truncated_after_their_life_and_not_before(allowed):
    limit = truncated_before(timezone.now())
    [young], [old] = events(1, limit + A_MINUTE), events(1, limit - A_MINUTE)
    refused("UPDATE audit_auditevent SET ip = '203.0.113.0' WHERE id = %s", young.pk)
    assert sql("UPDATE audit_auditevent SET ip = '203.0.113.0' WHERE id = %s", old.pk) == 1
    old.refresh_from_db()
    assert old.ip == "203.0.113.0"


@pytest.mark.parametrize(
    "change",
    [
        "ip = '203.0.113.10'",
        "ip = '203.0.0.0'",
        "ip = '203.0.113.0/24'",
        "ip = '198.51.100.0'",
        "ip = NULL",
        "ip = '203.0.113.0', kind = 'x'",
        "ip = '203.0.113.0', detail = '{}'",
        "ip = '203.0.113.0', at = now()",
        "ip = '203.0.113.0', actor_id = 1",
        "ip = '203.0.113.0', id = id + 1000",
    ],
)
def test_of_an_old_event_only_the_address_changes_and_only_to_its_network(allowed, change):
    events(1, truncated_before(timezone.now()) - A_MINUTE)
    refused(f"UPDATE audit_auditevent SET {change}")


def test_an_event_without_an_address_gets_none(allowed):
    events(1, truncated_before(timezone.now()) - A_MINUTE, ip=None)
    refused("UPDATE audit_auditevent SET ip = '203.0.113.0'")


def test_the_salts_go_with_what_they_salt_and_nothing_else_of_a_seal(allowed):
    now = timezone.now()
    for limit in (truncated_before(now), purged_before(now)):
        for at in (limit - A_MINUTE, limit + A_MINUTE):
            events(1, at)
            seal_events()
    gone_by_truncation, kept, gone_by_purge, kept_by_purge = Seal.objects.order_by("number")
    refused("UPDATE audit_seal SET address_salt = '' WHERE id = %s", kept.pk)
    refused("UPDATE audit_seal SET truncated_at = now() WHERE id = %s", kept.pk)
    assert sql("UPDATE audit_seal SET address_salt = '', truncated_at = now() WHERE id = %s", gone_by_truncation.pk) == 1
    for seal in (gone_by_truncation, kept_by_purge):
        refused("UPDATE audit_seal SET salt = '', address_salt = '', purged_at = now() WHERE id = %s", seal.pk)
    refused("UPDATE audit_seal SET salt = '', address_salt = '', purged_at = now(), hash = digest WHERE id = %s", gone_by_purge.pk)
    refused("UPDATE audit_seal SET salt = 'other', address_salt = '', purged_at = now() WHERE id = %s", gone_by_purge.pk)
    assert sql("UPDATE audit_seal SET salt = '', address_salt = '', purged_at = now() WHERE id = %s", gone_by_purge.pk) == 1
    refused("UPDATE audit_seal SET purged_at = now() + interval '1 day' WHERE id = %s", gone_by_purge.pk)
    refused("UPDATE audit_seal SET purged_at = NULL WHERE id = %s", gone_by_purge.pk)
    refused("DELETE FROM audit_seal WHERE id = %s", gone_by_purge.pk)


def test_the_limits_of_the_database_are_the_declared_ones_to_the_second():
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_purged_before(), audit_truncated_before()")
        purged, shortened = cursor.fetchone()
    now = timezone.now()
    assert purged == purged_before(now), "unless the test ran over midnight at a month's end"
    assert abs(shortened - truncated_before(now)) < timedelta(seconds=5)


def test_database_and_site_truncate_addresses_alike():
    random = Random(7)
    addresses = ["::", "::1", "::ffff:203.0.113.9", "1:0:2::", "0:0:1::9", "2001:db8::", "0.0.0.0", "255.255.255.255"]
    addresses += [".".join(str(random.randrange(256)) for _part in range(4)) for _address in range(200)]
    addresses += [":".join(f"{random.choice([0, 0, 1, random.randrange(65536)]):x}" for _part in range(8)) for _address in range(500)]
    with connection.cursor() as cursor:
        for address in addresses:
            cursor.execute("SELECT %s::inet, audit_truncated(%s)", [address, address])
            stored, shortened = cursor.fetchone()
            assert truncated(stored) == shortened, address


def test_the_month_is_counted_in_utc_whatever_the_session_says():
    sql("SET LOCAL TIME ZONE 'Pacific/Kiritimati'")
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_purged_before() = %s::timestamptz", [f"{now.year - 2}-{now.month}-01 00:00:00+00"])
        assert cursor.fetchone() == (True,)
