"""Two at once, on a database that really works at once: a hold is placed, lifted and closed once, and no log-in outlives it."""

from collections.abc import Callable

import pytest

from accounts import holds
from accounts.models import Hold
from accounts.roles import ADMINISTRATION
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests import cast
from tests.accounts.test_hold_staff_pages import ADD, form, said
from tests.accounts.test_holds import put_on_hold
from tests.customer import try_log_in
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def outcome(work: Callable[[], object]) -> object:
    """What came of it; an error is its result."""
    try:
        return work()
    except Exception as error:
        return type(error)


def test_two_who_place_at_the_same_time_place_one_and_the_other_is_told(alice):
    people = [cast.make_staff(f"a{number}@vendor.example", ADMINISTRATION) for number in range(4)]
    browsers = [staff_log_in(person) for person in people]
    answers = at_once(outcome, [lambda browser=browser: said(browser.post(ADD, form(alice), follow=True)) for browser in browsers])
    told = ["on hold already" in str(answer) or "just now; your hold was not placed" in str(answer) for answer in answers]
    assert sorted(told) == [False, True, True, True], answers
    assert Hold.objects.count() == AuditEvent.objects.filter(kind="hold.placed").count() == 1
    assert OutgoingMail.objects.filter(cause__startswith="hold-placed").count() == 1


@pytest.mark.parametrize("_time", range(3))
def test_lifting_and_closing_at_the_same_time_is_one_of_them(alice, _time):
    hold = put_on_hold(alice)
    people = [cast.make_staff(f"a{number}@vendor.example", ADMINISTRATION) for number in range(6)]
    lifts = [lambda by=by: holds.lift(hold, by=by, reason="x") for by in people[:3]]
    closes = [lambda by=by: holds.close(hold, by=by, reason="x", text="x") for by in people[3:]]
    results = at_once(outcome, [*lifts, *closes])
    assert results.count(None) == 1, results
    assert set(results) - {None} <= {holds.NotHeld, holds.Changed}
    assert AuditEvent.objects.filter(kind__in=["hold.lifted", "account.closed"]).count() == 1
    assert OutgoingMail.objects.filter(cause__contains="ended").count() + OutgoingMail.objects.filter(cause__contains="closed").count() == 1


@pytest.mark.parametrize("_time", range(3))
def test_a_log_in_at_the_same_time_as_a_hold_does_not_outlive_it(alice, _time):
    """It comes before, and is ended; or after, and is refused."""
    at_once(outcome, [lambda: put_on_hold(alice), *[lambda: try_log_in(alice.email, cast.PASSWORD)] * 3])
    assert not alice.login_sessions.filter(ended_at=None).exists()
