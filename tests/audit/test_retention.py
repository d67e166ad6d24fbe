"""The end of the audit log's retention: addresses are truncated after a year, and whole months go after two."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError
from django.test import Client
from django.utils import timezone

from audit import retention, sealing
from audit.models import AuditEvent, Seal
from audit.personal_data import ADDRESSES, AUDIT_LOG
from audit.retention import purged_before, truncated_before
from audit.tasks import purge_events, seal_events, truncate_addresses
from privacy.registry import registry
from privacy.retention.walking import rules_of_destroyers
from tests.audit.hands import ago, events, tamper, verified
from tests.pages import words_of

pytestmark = pytest.mark.django_db
A_MINUTE = timedelta(minutes=1)


def ids() -> set[int]:
    return set(AuditEvent.objects.values_list("pk", flat=True))


def addresses() -> list[str | None]:
    return list(AuditEvent.objects.order_by("pk").values_list("ip", flat=True))


# The rule


@pytest.mark.parametrize(
    ("now", "limit"),
    [
        (datetime(2026, 11, 27, 2, tzinfo=UTC), datetime(2024, 11, 1, tzinfo=UTC)),
        (datetime(2027, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2024, 12, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        (datetime(2027, 1, 1, 1, tzinfo=timezone.get_fixed_timezone(120)), datetime(2024, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_month_goes_when_it_has_been_over_for_two_years(now, limit):
    assert purged_before(now) == limit


def test_what_is_declared_holds_on_every_day():
    """No event is kept for less than two years, and none for longer than the registry says."""
    for day in range(1500):
        now = datetime(2026, 1, 1, 13, tzinfo=UTC) + timedelta(days=day)
        limit = purged_before(now)
        assert limit <= now.replace(year=now.year - 2, day=min(now.day, 28))
        assert now - limit <= AUDIT_LOG.longest


def test_the_declarations_are_enforced_and_published():
    assert {AUDIT_LOG.destroyer, ADDRESSES.destroyer} <= set(rules_of_destroyers())
    declared = registry.models["audit.AuditEvent"]
    assert {name: declared.retention_of(name) for name in declared.personal} == {
        name: ADDRESSES if name == "ip" else AUDIT_LOG for name in ("kind", "at", "user", "actor", "ip", "detail")
    }
    assert str(AUDIT_LOG.rule) == "two years from the end of the month"
    assert ADDRESSES.longest == timedelta(days=365)
    assert "in full for one year" in str(ADDRESSES.rule)
    for path in ("/privacy/retention/", "/privacy/resources/", "/privacy/"):
        page = words_of(Client().get(path).content.decode())
        assert str(AUDIT_LOG.rule) in page
        assert str(ADDRESSES.rule) in page


# Whole months


def test_months_whose_time_is_over_go_and_nothing_else():
    limit = purged_before(timezone.now())
    old = [*events(2, ago(limit, timedelta(days=40))), *events(3, ago(limit, A_MINUTE))]
    kept = [*events(2, limit), *events(2, limit + timedelta(days=3)), *events(2)]
    assert purge_events() == len(old)
    assert ids() == {event.pk for event in kept}
    assert purge_events() == 0
    verified()


def test_the_seal_stays_without_its_salts():
    events(3, ago(purged_before(timezone.now()), A_MINUTE))
    seal_events()
    before = Seal.objects.values().get()
    assert purge_events() == 3
    after = Seal.objects.values().get()
    assert (after["salt"], after["address_salt"]) == ("", "")
    assert after["purged_at"] <= timezone.now()
    changed = {"salt", "address_salt", "purged_at"}
    assert {name: value for name, value in after.items() if name not in changed} == {
        name: value for name, value in before.items() if name not in changed
    }
    assert "1 seals (1 of them purged), 0 events" in verified()


def test_what_was_never_sealed_is_sealed_before_it_goes():
    events(3, ago(purged_before(timezone.now()), A_MINUTE))
    assert purge_events() == 3
    assert Seal.objects.get().count == 3


def test_purging_ends_however_many_batches_there_are(monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 2)
    events(7, datetime(2001, 1, 1, tzinfo=UTC))
    assert purge_events() == 7
    assert "4 seals (4 of them purged)" in verified()


def test_the_sites_own_time_zone_moves_no_limit(settings):
    settings.TIME_ZONE = "Pacific/Kiritimati"
    events(1, purged_before(timezone.now()))
    assert purge_events() == 0


def test_a_batch_that_got_an_event_after_its_purge_is_broken():
    """Nobody puts history back, or makes it up, where the seal cannot tell any more."""
    old = ago(purged_before(timezone.now()), A_MINUTE)
    [event] = events(1, old)
    purge_events()
    tamper("INSERT INTO audit_auditevent (id, kind, at, detail) VALUES (%s, 'login.failed', %s, '{}')", event.pk, old)
    with pytest.raises(CommandError, match=r"Broken at seal 1 .*it was purged, but events are there: 1"):
        verified()


def test_a_purge_that_was_dated_before_its_time_is_broken():
    events(2, ago(purged_before(timezone.now()), A_MINUTE))
    purge_events()
    tamper("UPDATE audit_seal SET purged_at = last_at")
    with pytest.raises(CommandError, match="purged before its time"):
        verified()


# Addresses


def test_addresses_are_truncated_after_a_year_and_not_before():
    limit = truncated_before(timezone.now())
    for at in (ago(limit, timedelta(days=20)), limit + A_MINUTE, timezone.now()):
        for ip in ("203.0.113.77", "2001:db8:1:2:3:4:5:6", None):
            events(1, at, ip=ip)
    assert truncate_addresses() == 2
    assert addresses() == ["203.0.113.0", "2001:db8:1::", None] + ["203.0.113.77", "2001:db8:1:2:3:4:5:6", None] * 2
    assert truncate_addresses() == 0
    verified()


def test_the_salt_goes_with_the_addresses_and_the_chain_holds():
    events(3, ago(truncated_before(timezone.now()), A_MINUTE))
    seal_events()
    assert Seal.objects.get().address_salt
    verified()
    truncate_addresses()
    seal = Seal.objects.get()
    assert (seal.address_salt, bool(seal.salt)) == ("", True)
    assert seal.truncated_at <= timezone.now()
    verified()
    tamper("UPDATE audit_auditevent SET ip = '198.51.100.0' WHERE id = %s", seal.last_id)
    with pytest.raises(CommandError, match="an event was changed"):
        verified()


def test_a_batch_whose_year_ends_in_the_middle_is_truncated_in_two_goes():
    """Each address goes at its own time; the salt goes with the first."""
    limit = truncated_before(timezone.now())
    events(1, ago(limit, A_MINUTE))
    events(1, ago(limit, -2 * A_MINUTE))
    if seal_events() == 2:
        pytest.skip("at the turn of a month these are two batches")
    assert truncate_addresses() == 1
    assert addresses() == ["203.0.113.0", "203.0.113.9"]
    assert (Seal.objects.get().address_salt, Seal.objects.get().truncated_at) == ("", None)
    verified()


def test_an_address_that_ends_in_zero_stays_as_it_is():
    events(1, ago(truncated_before(timezone.now()), A_MINUTE), ip="203.0.113.0")
    assert truncate_addresses() == 0
    assert Seal.objects.get().truncated_at
    verified()


def test_a_full_address_that_is_put_in_after_the_truncation_is_found():
    """Its salt is gone, so the digest cannot tell, and truncation does not come again."""
    made = events(2, ago(truncated_before(timezone.now()), A_MINUTE))
    assert truncate_addresses() == 2
    tamper("UPDATE audit_auditevent SET ip = '203.0.113.99' WHERE id = %s", made[1].pk)
    with pytest.raises(CommandError, match=r"Broken at seal 1 .*its addresses were truncated, but there is a full one"):
        verified()


def test_what_was_truncated_is_purged_in_its_time():
    events(2, ago(purged_before(timezone.now()), A_MINUTE))
    assert truncate_addresses() == 2
    verified()
    assert purge_events() == 2
    assert truncate_addresses() == 0
    verified()


def test_neither_runs_twice_over_the_same_batch():
    """A second sweep that had read the list before finds nothing left to do."""
    events(2, ago(purged_before(timezone.now()), A_MINUTE))
    seal_events()
    stale, limit = Seal.objects.get(), purged_before(timezone.now())
    assert purge_events() == 2
    first = Seal.objects.get().purged_at
    assert retention.purge_batch(stale, limit) == 0
    assert Seal.objects.get().purged_at == first


def test_no_foreign_key_leads_to_the_log():
    """So that it can be cut into months, and whole months can go."""
    assert not AuditEvent._meta.related_objects
