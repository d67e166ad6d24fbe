"""The audit log: a million events, sealed and verified, and what it costs to record one."""

import subprocess
import sys
import time
from collections.abc import Iterator

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from audit.kinds import Kind
from audit.log import record
from audit.models import AuditEvent
from audit.tasks import seal_events
from audit.verification import verify
from bench.cast import make_customer
from bench.figures import Figure

EVENTS = 1_000_000
RECORDS = 2_000
MEGABYTE = 1_000_000

# In a process of its own, as the command runs; what Django and the first query take is there before.
GROWTH = """
import re, django
from pathlib import Path
django.setup()
from django.utils import timezone
from audit.models import AuditEvent
from audit.verification import verify
AuditEvent.objects.first()
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
before = peak()
verify([], timezone.now())
print((peak() - before) * 1024)
"""


def chain() -> Iterator[Figure]:
    """A million events of a year, of several kinds, from many networks, of many customers: sealed, and verified."""
    fill(EVENTS, [make_customer(f"audit{number}@example.com", downloads=0) for number in range(10)])
    began = time.monotonic()
    seals = seal_events()
    yield Figure("sealed, events a second", EVENTS / (time.monotonic() - began))
    yield Figure("seals", seals)
    yield Figure("verified, events a second", max(verified_a_second() for _time in range(3)), goal=100_000)
    growth = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True).stdout
    yield Figure("audit_verify, memory growth", int(growth) / MEGABYTE, "MB", goal=20, at_most=True)


def recording() -> Iterator[Figure]:
    """What it costs to add an event: the triggers stand before changes, and cost nothing here."""
    customer = make_customer("audit@example.com", downloads=0)
    guarded = recorded_a_second(customer)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        unguarded = recorded_a_second(customer)
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")
    yield Figure("recorded in one transaction, events a second", guarded)
    yield Figure("recorded without triggers, events a second", unguarded)


def fill(events: int, customers: list[User]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO audit_auditevent (kind, at, user_id, ip, detail)
            SELECT (ARRAY['login.succeeded', 'login.failed', 'download.taken', 'unlock_code.issued'])[1 + n %% 4],
                   now() - interval '360 days' + n * interval '30 seconds',
                   (%s)[1 + n %% %s],
                   CASE WHEN n %% 5 = 0 THEN ('2001:db8:' || to_hex(n %% 9973) || '::7')::inet
                        ELSE ('10.' || n %% 199 || '.' || n %% 251 || '.' || n %% 253)::inet END,
                   jsonb_build_object('area', 'resources', 'login_session', n, 'file', n %% 1000)
            FROM generate_series(1, %s) n
            """,
            [[customer.pk for customer in customers], len(customers), events],
        )
        cursor.execute("ANALYZE audit_auditevent")


def verified_a_second() -> float:
    began = time.monotonic()
    verified = verify([], timezone.now())
    assert verified.events >= EVENTS, verified
    return verified.events / (time.monotonic() - began)


@transaction.atomic
def recorded_a_second(customer: User) -> float:
    began = time.monotonic()
    for number in range(RECORDS):
        record(Kind.LOGIN_SUCCEEDED, user=customer, login_session=number, area="resources")
    assert AuditEvent.objects.filter(user=customer).count() >= RECORDS
    return RECORDS / (time.monotonic() - began)


MEASURES = (chain, recording)
