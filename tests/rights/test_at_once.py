"""Many at once: one request, one proof, one report."""

import pytest
from django.test import Client

from announcements.models import Subscription
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from rights import tasks
from rights.erasure.working import work_off
from rights.models import Kind, ReportFile, State, SubjectRequest
from rights.report import safe
from tests.customer import log_in, mail_to
from tests.rights.asked import due_request, settle
from tests.rights.reports import link_in
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]
VERA = "vera@example.net"


def test_asked_many_times_at_once_one_request_is_open(alice):
    client = log_in(alice)
    cookies = client.cookies

    def ask(_number: int) -> str:
        browser = Client()
        browser.cookies = cookies
        return browser.post("/resources/your-data/report/").get("Location", "")

    pages = set(at_once(ask, range(3)))
    assert SubjectRequest.objects.count() == 1
    assert len(pages) == 1


def test_a_mailbox_asked_for_many_times_at_once_has_one_request_open():
    at_once(lambda _number: Client().post("/privacy/your-data/", {"email": VERA, "kind": "report"}), range(6))
    assert SubjectRequest.objects.count() == 1


def test_many_presses_at_once_prove_it_once():
    Subscription.objects.create(email=VERA, email_key=VERA, state="confirmed")
    Client().post("/privacy/your-data/", {"email": VERA, "kind": "report"})
    at_once(lambda _number: tasks.look_at_requests(), range(4))
    assert OutgoingMail.objects.filter(to=VERA).count() == 1
    link = link_in(mail_to(VERA), "/privacy/your-data/proof/")
    assert set(at_once(lambda _number: Client().post(link).status_code, range(6))) == {200}
    assert AuditEvent.objects.filter(kind="request.proved").count() == 1
    assert SubjectRequest.objects.get().state == State.WAITING


def test_many_workers_at_once_make_it_once(alice, bob):
    asked = [SubjectRequest.objects.create(kind=Kind.REPORT, user=user) for user in (alice, bob)]
    assert sum(at_once(lambda _number: tasks.make_due_reports(), range(6))) == 2
    assert len(safe.names()) == 2
    for one in asked:
        assert OutgoingMail.objects.filter(cause=f"report:{one.number}").count() == 1
    assert ReportFile.objects.exclude(made_at=None).count() == 2


@pytest.mark.parametrize("order", range(4))
def test_an_erasure_at_the_same_moment_leaves_no_report(alice, order):
    reported, erased = SubjectRequest.objects.create(kind=Kind.REPORT, user=alice), due_request(alice)

    def work(what: str) -> None:
        if what == "report":
            tasks.make_due_reports()
        else:
            work_off()

    at_once(work, ["report", "erase"] if order % 2 else ["erase", "report"])
    for _run in range(2):
        settle()
        work_off()
    erased.refresh_from_db()
    reported.refresh_from_db()
    assert (erased.state, reported.ended_at is None) == (State.DONE, False)
    assert safe.names() == set()
    assert not ReportFile.objects.exists()
    assert not OutgoingMail.objects.filter(cause__startswith="report:").exists()
