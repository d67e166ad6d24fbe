"""What the database leaves out is nothing: the run finds in a month of many lives what the detectors find if they are given every event."""

from datetime import timedelta

import pytest
from django.db.models import Q
from django.utils import timezone

from accounts.audit_windows import COLUMNS, COLUMNS_OF_NEW, OF_ACCOUNTS, OF_NETWORKS, Subject, batch_of, event_of
from accounts.judging import judged
from accounts.models import User
from audit.models import AuditEvent
from bench.month import Month, month_of

pytestmark = pytest.mark.django_db
Strongest = dict[tuple[str, Subject], tuple[int, str]]


@pytest.fixture
def month(db) -> Month:
    """Every fifteenth account of a labelled month, and all that are shared; the networks of the guessers guess at many more."""
    month = month_of(7)
    chosen = {account.number for account in month.accounts if account.shared or account.number % 15 == 0}
    users = User.objects.bulk_create(
        User(pk=number, email=f"{number}@example.com", email_key=f"{number}@example.com") for number in sorted(chosen)
    )
    begin = timezone.now() - timedelta(days=31)
    of_number = {user.pk: user for user in users}
    AuditEvent.objects.bulk_create(
        AuditEvent(kind=one.kind, at=begin + timedelta(seconds=one.at), user=of_number[one.account], ip=one.ip, detail=one.detail)
        for one in month.events
        if one.account in chosen
    )
    guessed = [user for user in users if user.pk % 2]
    AuditEvent.objects.bulk_create(
        AuditEvent(kind="login.failed", at=begin + timedelta(days=9, minutes=n), user=user, ip=ip)
        for n, user in enumerate(guessed)
        for ip in ("203.0.113.9", "2001:db8::7")
    )
    return month


def found_in_every_event() -> Strongest:
    """Each detector, given all events of each account and of each network."""
    events = [event_of(row) for row in AuditEvent.objects.order_by("at", "id").values_list(*COLUMNS)]
    strongest: Strongest = {}
    for detectors, key in ((OF_ACCOUNTS, lambda one: Subject(one.user_id)), (OF_NETWORKS, lambda one: Subject(None, one.network))):
        of_subject: dict[Subject, list] = {}
        for event in events:
            of_subject.setdefault(key(event), []).append(event)
        for subject, some in of_subject.items():
            for detector in detectors:
                if signs := list(detector.judge(some, 0)):
                    strongest[detector.slug, subject] = (signs[-1].score, signs[-1].explanation)
    return strongest


def found_by_the_run(size: int) -> Strongest:
    """The run's own way, batch by batch; of equally strong signs the latest."""
    rows = list(AuditEvent.objects.order_by("at", "id").values_list(*COLUMNS_OF_NEW))
    strongest: Strongest = {}
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        if batch := batch_of(some, seen=Q(at__lte=some[-1][2])):
            for one in judged(batch, lambda subjects: {}):
                key, sign = (one.detector.slug, one.subject), one.signs[-1]
                if sign.score >= strongest.get(key, (0, ""))[0]:
                    strongest[key] = (sign.score, sign.explanation)
    return strongest


@pytest.mark.parametrize("size", [100_000, 701])
def test_the_run_finds_all_of_it(month, size):
    expected = found_in_every_event()
    assert len(expected) > 60
    assert {slug for slug, _subject in expected} >= {
        "many_browsers",
        "many_networks",
        "allowance_churn",
        "guessing_account",
        "guessing_network",
    }
    assert found_by_the_run(size) == expected
