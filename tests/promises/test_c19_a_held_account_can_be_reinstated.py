"""C19: a customer whose account is on hold can ask support to reinstate it; support can, and everything is as it was."""

import pytest
from django.test import Client

from accounts import holds
from accounts.models import Appeal, Hold
from audit.models import AuditEvent
from support.models import Case, State
from tests.cast import PASSWORD
from tests.customer import log_in, mail_to, try_log_in
from tests.pages import words_of
from tests.staff import staff_log_in
from tests.support.desk import in_hands_of, page_of

pytestmark = pytest.mark.django_db
HELD = "/resources/log-in/held/"


@pytest.fixture
def hold(alice, alices) -> Hold:
    return holds.place(alice, reason="two towns at once", text="Your account was used in two towns at once.")


def test_c19_from_the_hold_to_the_open_account(alice, alices, ada, hold, notebook_file):
    customer = Client()
    assert try_log_in(alice.email, PASSWORD, customer)["Location"] == HELD
    page = words_of(customer.get(HELD).content.decode())
    assert "Your account was used in two towns at once." in page
    customer.post(HELD, {"text": "I took the train, and my laptop with me."})
    assert "Your message has reached us" in mail_to(alice.email).text

    staff = staff_log_in(ada)
    link = f"/staff/accounts/hold/{hold.pk}/change/"
    assert link in mail_to("support@localhost").text
    assert "I took the train" in staff.get(link).content.decode()
    staff.post(f"/staff/accounts/hold/{hold.pk}/lift/", {"reason": "the train takes an hour"})

    assert "You can log in again" in mail_to(alice.email).text
    log_in(alice, customer)
    home = customer.get("/resources/").content.decode()
    assert alices.unlock_codes.get().code in home
    assert "5 downloads remaining" in home
    assert customer.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk}).status_code == 303
    kinds = list(AuditEvent.objects.filter(kind__startswith="hold.").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["hold.placed", "hold.appealed", "hold.lifted"]


def test_c19_a_closed_account_can_ask_too(alice, ada, hold):
    holds.close(hold, by=ada, reason="no answer", text="We have closed it.")
    customer = Client()
    try_log_in(alice.email, PASSWORD, customer)
    customer.post(HELD, {"text": "I was in hospital."})
    assert Appeal.objects.get().words == "I was in hospital."
    holds.lift(Hold.objects.get(), by=ada, reason="so we were wrong")
    log_in(alice, customer)


def test_c19_what_was_told_to_support_is_destroyed_once_it_is_dealt_with(alice, ada, hold):
    customer = Client()
    try_log_in(alice.email, PASSWORD, customer)
    customer.post(HELD, {"text": "I took the train."})
    holds.lift(hold, by=ada, reason="cleared up")
    assert Appeal.objects.get().words == ""


def test_c19_nobody_else_can_ask_in_the_customers_name(alice, hold, mallory):
    for stranger in (Client(), log_in(mallory)):
        try_log_in(alice.email, "guess", stranger)
        stranger.post(HELD, {"text": "Let me in, I am Alice."})
    assert not Appeal.objects.exists()


def test_c19_it_is_a_case_at_the_desk_with_a_button_that_lifts_the_hold(alice, ada, hold):
    customer = Client()
    try_log_in(alice.email, PASSWORD, customer)
    customer.post(HELD, {"text": "I took the train."})
    case = in_hands_of(ada, Case.objects.get())
    desk = staff_log_in(ada)
    assert "two towns at once" in desk.get(page_of(case)).content.decode()
    desk.post(page_of(case, "reinstatement/lift"), {"reason": "the train takes an hour"})
    log_in(alice, customer)
    case.refresh_from_db()
    assert (case.state, case.destroy_at) == (State.CLOSED, case.closed_at)
