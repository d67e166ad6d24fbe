"""A customer on hold asks to be let in again, and it is a case with its own buttons (promise C19)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import holds
from accounts.models import Appeal, Hold
from accounts.tasks import expire_holds, purge_appeals
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from support.cases.closing import close
from support.destruction.starting import begin
from support.destruction.working import work_off
from support.models import Case, CaseMessage, Kind, Reinstatement, State, Trigger
from tests.accounts.test_holds import HELD, page_of_hold, put_on_hold
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.desk import in_hands_of, page_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db
WORDS = "I took the train, and my laptop with me."
LIFT, CLOSE = {"reason": "cleared up"}, {"reason": "no", "text": "We have closed it.", "sure": "on"}


@pytest.fixture
def hold(alice) -> Hold:
    return put_on_hold(alice)


@pytest.fixture
def client(alice, hold) -> Client:
    browser = Client()
    page_of_hold(alice, browser)
    return browser


@pytest.fixture
def case(client) -> Case:
    client.post(HELD, {"text": WORDS})
    return Case.objects.get()


def test_an_appeal_is_a_case_with_the_words_sealed(case, alice, hold):
    assert (case.kind, case.user, case.reinstatement.hold) == (Kind.REINSTATEMENT, alice, hold)
    assert case.messages.get().text == Appeal.objects.get().words == WORDS
    assert "train" not in str(list(Appeal.objects.values()) + list(CaseMessage.objects.values()) + list(Case.objects.values()))
    assert OutgoingMail.objects.filter(to=alice.email, cause__startswith="appeal:").count() == 1
    assert not OutgoingMail.objects.filter(cause__startswith="case:").exists(), "one mail says that it came"


def test_a_second_appeal_is_a_message_of_the_same_case(case, client):
    client.post(HELD, {"text": "And it was raining."})
    assert Case.objects.count() == 1
    assert [message.text for message in case.messages.order_by("pk")] == [WORDS, "And it was raining."]
    assert [appeal.words for appeal in Appeal.objects.order_by("pk")] == [WORDS, "And it was raining."]
    close(case)
    client.post(HELD, {"text": "Are you there?"})
    case.refresh_from_db()
    assert case.state == State.OPEN


def test_what_is_being_destroyed_is_written_in_no_more(case, client):
    begin(case, Trigger.CUSTOMER)
    assert Appeal.objects.get().words == ""
    client.post(HELD, {"text": "Are you there?"})
    assert Case.objects.count() == 2
    assert Case.objects.latest("pk").messages.get().text == "Are you there?"


def test_administration_lifts_the_hold_at_the_desk(case, alice, ada, hold):
    desk = staff_log_in(ada)
    in_hands_of(ada, case)
    page = words_of(desk.get(page_of(case)).content.decode())
    assert hold.reason in page
    assert "Lift the hold" in page
    desk.get(page_of(case, "reinstatement/lift"), LIFT)
    assert holds.is_held(alice.pk), "asking changes nothing"
    assert desk.post(page_of(case, "reinstatement/lift"), LIFT)["Location"] == page_of(case)
    log_in(alice)
    case.refresh_from_db()
    assert case.state == State.CLOSED
    assert case.destroy_at == case.closed_at
    assert (Appeal.objects.get().words, Hold.objects.get().end_reason) == ("", "cleared up")
    assert list(AuditEvent.objects.filter(kind__startswith="hold.").order_by("pk").values_list("kind", flat=True))[-1] == "hold.lifted"
    assert AuditEvent.objects.filter(kind="case.closed", user=alice, actor=ada).count() == 1
    assert OutgoingMail.objects.filter(to=alice.email, cause__startswith="hold-ended").count() == 1


def test_refused_the_account_is_closed_and_the_customer_reads_why(case, alice, ada):
    desk = staff_log_in(ada)
    in_hands_of(ada, case)
    assert desk.post(page_of(case, "reinstatement/close"), CLOSE | {"sure": ""}).status_code == 200
    desk.post(page_of(case, "reinstatement/close"), CLOSE)
    assert Hold.objects.get().closed_at
    assert "We have closed it." in OutgoingMail.objects.get(cause__startswith="account-closed").text
    case.refresh_from_db()
    assert case.state == State.CLOSED
    assert Appeal.objects.get().words == ""


def test_support_sees_it_and_hands_it_over(case, sam):
    desk = staff_log_in(sam)
    in_hands_of(sam, case)
    page = words_of(desk.get(page_of(case)).content.decode())
    assert "Holds are for administration to decide" in page
    for verb, values in (("lift", LIFT), ("close", CLOSE)):
        assert desk.post(page_of(case, f"reinstatement/{verb}"), values).status_code == 403
    assert Hold.objects.in_force(timezone.now()).filter(closed_at=None).exists()


def test_whoever_does_not_work_on_the_case_sees_no_such_page(case, ada, mallory):
    desk = staff_log_in(ada)
    for verb, values in (("lift", LIFT), ("close", CLOSE)):
        assert desk.post(page_of(case, f"reinstatement/{verb}"), values).status_code == 404
        assert Client().post(page_of(case, f"reinstatement/{verb}"), values).status_code == 302
    assert Hold.objects.in_force(timezone.now()).exists()


def test_what_is_decided_elsewhere_closes_the_case_too(case, client, ada, hold):
    staff_log_in(ada).post(f"/staff/accounts/hold/{hold.pk}/lift/", {"reason": "x"})
    case.refresh_from_db()
    assert case.state == State.CLOSED
    assert case.reinstatement.decided_at


def test_a_hold_that_expires_closes_the_case(case, hold):
    Hold.objects.update(expires_at=timezone.now())
    assert expire_holds() == 1
    case.refresh_from_db()
    assert case.state == State.CLOSED


def test_after_a_year_the_words_go_anyway(case, hold):
    Appeal.objects.update(written_at=timezone.now() - timedelta(days=366))
    assert purge_appeals() == 1
    assert Appeal.objects.get().words == ""
    assert not case.messages.exists()


def test_a_colleague_who_was_faster_leaves_nothing_to_do(case, ada, hold):
    desk = staff_log_in(ada)
    in_hands_of(ada, case)
    holds.close(hold, by=ada, reason="x", text="x")
    answer = desk.post(page_of(case, "reinstatement/lift"), LIFT, follow=True)
    assert "You have changed nothing" in words_of(answer.content.decode())
    assert Hold.objects.get().ended_at is None


def test_the_account_that_was_closed_may_ask_again(case, client, ada, hold, alice):
    holds.close(hold, by=ada, reason="x", text="x")
    assert client.post(HELD, {"text": "I was in hospital."}).status_code == 302
    again = in_hands_of(ada, Case.objects.latest("pk"))
    assert again != case
    desk = staff_log_in(ada)
    page = desk.get(page_of(again)).content.decode()
    assert "reinstatement/close/" not in page
    desk.post(page_of(again, "reinstatement/lift"), LIFT | {"was_closed": "True"})
    log_in(alice)


def test_what_hangs_on_the_case_is_destroyed_with_it(case):
    assert Reinstatement.objects.exists()
    begin(case, Trigger.CUSTOMER)
    assert work_off()["destroyed"] == 1
    assert not Reinstatement.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_lifted_and_closed_at_once_is_one_of_them(alice, ada):
    put_on_hold(alice)
    browser = Client()
    page_of_hold(alice, browser)
    browser.post(HELD, {"text": WORDS})
    case = in_hands_of(ada, Case.objects.get())
    desks = [staff_log_in(ada) for _number in range(2)]
    work = [(desks[0], "lift", LIFT), (desks[1], "close", CLOSE)]
    assert at_once(lambda one: one[0].post(page_of(case, f"reinstatement/{one[1]}"), one[2], follow=True).status_code, work) == [200, 200]
    assert AuditEvent.objects.filter(kind__in=["hold.lifted", "account.closed"]).count() == 1
    assert AuditEvent.objects.filter(kind="case.closed").count() == 1
    assert Case.objects.get().state == State.CLOSED
