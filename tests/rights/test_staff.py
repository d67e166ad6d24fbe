"""Requests about personal data, as staff see and open them."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts import holds
from announcements.models import Subscription
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from privacy.promise_checks import Outcome, findings
from rights import tasks
from rights.models import Kind, State, SubjectRequest
from tests.customer import log_in, mail_to
from tests.pages import words_of
from tests.staff import enrolled, staff_log_in

pytestmark = pytest.mark.django_db
LIST, ADD = "/staff/rights/subjectrequest/", "/staff/rights/subjectrequest/add/"
VERA = "vera@example.net"
TOLD = {"email": VERA, "kind": "report", "reason": "by letter of 3 May"}


@pytest.fixture
def vera() -> Subscription:
    return Subscription.objects.create(email=VERA, email_key=VERA, state="confirmed")


def aware(*parts: int) -> datetime:
    return timezone.make_aware(datetime(*parts))


def test_support_opens_one_and_the_site_mails_the_address_alone(vera, sam):
    answer = staff_log_in(sam).post(ADD, TOLD)
    assert answer["Location"] == LIST
    asked = SubjectRequest.objects.get()
    assert (asked.state, asked.opened_by, asked.reason) == (State.UNPROVED, sam, "by letter of 3 May")
    tasks.look_at_requests()
    assert "Our staff wrote it down for them." in mail_to(VERA).text
    assert not OutgoingMail.objects.exclude(to=VERA).exists()
    assert AuditEvent.objects.get(kind="report.asked").actor == sam


def test_of_an_address_that_is_not_on_file_staff_alone_are_told(sam):
    page = staff_log_in(sam).post(ADD, TOLD)
    assert "Nothing is on file with this address" in words_of(page.content.decode())
    tasks.look_at_requests()
    assert not SubjectRequest.objects.exists()
    assert not OutgoingMail.objects.exists()
    assert AuditEvent.objects.get(kind="customer.sought").detail == {"role": "Support", "by": ["address"], "found": 0}


def test_whoever_has_an_account_asks_there(alice, ada):
    page = staff_log_in(ada).post(ADD, TOLD | {"email": alice.email})
    assert "The person has an account" in words_of(page.content.decode())
    assert not SubjectRequest.objects.exists()


def test_for_an_account_on_hold_staff_open_it_unless_a_second_factor_guards_it(alice, ada):
    holds.place(alice, reason="shared", text="Please write to us.", by=ada)
    browser = staff_log_in(ada)
    assert browser.post(ADD, TOLD | {"email": alice.email}).status_code == 302
    SubjectRequest.objects.all().delete()
    enrolled(alice)
    assert browser.post(ADD, TOLD | {"email": alice.email}).status_code == 200


@pytest.mark.parametrize("fields", [{"email": ""}, {"email": "x"}, {"kind": "nonsense"}, {"reason": ""}, {"reason": "x" * 301}])
def test_a_form_that_lacks_something_comes_back(vera, sam, fields):
    assert staff_log_in(sam).post(ADD, TOLD | fields).status_code == 200
    assert not SubjectRequest.objects.exists()


def test_one_that_is_being_dealt_with_is_not_opened_again(vera, sam):
    SubjectRequest.objects.create(kind=Kind.REPORT, email=VERA, proved_at=timezone.now())
    page = staff_log_in(sam).post(ADD, TOLD)
    assert "is being dealt with already" in words_of(page.content.decode())
    assert SubjectRequest.objects.count() == 1


def test_staff_do_not_try_one_address_after_the_other(sam):
    browser = staff_log_in(sam)
    answers = [browser.post(ADD, TOLD | {"email": f"{number}@example.com"}).status_code for number in range(21)]
    assert answers == [200] * 20 + [429]


def test_customers_and_strangers_have_no_such_page(alice, client):
    for browser in (client, log_in(alice)):
        for path in (LIST, ADD):
            assert browser.get(path).status_code == 302


def test_the_list_says_by_when_and_what_stands_in_the_way(alice, ada):
    asked = SubjectRequest.objects.create(kind=Kind.REPORT, user=alice, problem="no room on the disk", asked_at=aware(2026, 1, 31, 12))
    page = words_of(staff_log_in(ada).get(LIST).content.decode())
    for words in (asked.number, "no room on the disk", "2026-02-28: OVERDUE"):
        assert words in page


def test_overdue_ones_are_found_by_the_filter_and_turn_the_promise_red(alice, bob, ada):
    late = SubjectRequest.objects.create(kind=Kind.REPORT, user=alice, asked_at=timezone.now() - timedelta(days=33))
    early = SubjectRequest.objects.create(kind=Kind.REPORT, user=bob)
    page = staff_log_in(ada).get(LIST, {"overdue": "yes"}).content.decode()
    assert late.number in page
    assert early.number not in page
    assert Outcome.BROKEN in {finding.outcome for finding in findings() if finding.promise == "C17"}
    SubjectRequest.objects.filter(pk=late.pk).delete()
    assert {finding.outcome for finding in findings() if finding.promise == "C17"} == {Outcome.KEPT}


@pytest.mark.parametrize(
    ("asked", "last"),
    [((2026, 1, 31), (2026, 2, 28)), ((2028, 1, 30), (2028, 2, 29)), ((2026, 12, 5), (2027, 1, 5)), ((2026, 4, 30), (2026, 5, 30))],
)
def test_a_month_is_a_month(alice, asked, last):
    row = SubjectRequest.objects.create(kind=Kind.REPORT, user=alice, asked_at=aware(*asked, 23))
    assert (row.due_by.year, row.due_by.month, row.due_by.day) == last
    on_the_day, after = aware(*last, 23), aware(*last, 23) + timedelta(days=1)
    assert not SubjectRequest.objects.overdue(on_the_day).exists()
    assert SubjectRequest.objects.overdue(after).exists()


def test_support_sees_those_of_opened_records_alone_and_nobody_sees_the_report(alice, bob, sams, ada):
    hers = SubjectRequest.objects.create(kind=Kind.REPORT, user=alice)
    his = SubjectRequest.objects.create(kind=Kind.REPORT, user=bob)
    nobodys = SubjectRequest.objects.create(kind=Kind.REPORT, email=VERA)
    page = sams.get(LIST).content.decode()
    assert hers.number in page
    assert his.number not in page + VERA
    assert nobodys.number not in page
    tasks.make_due_reports()
    detail = staff_log_in(ada).get(f"{LIST}{hers.pk}/change/").content.decode()
    assert "can be fetched until" in detail
    assert f"/{hers.number}/download/" not in detail
    assert hers.report.name not in detail
