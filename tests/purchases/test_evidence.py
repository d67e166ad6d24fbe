"""Evidence of a purchase, for a chargeback: one file, within the reach of whoever takes it, recorded for the customer."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Hold, LoginSession, User
from audit.kinds import Kind
from audit.log import record
from audit.models import AuditEvent
from downloads.models import DownloadSession, Entitlement, UnlockCode
from mailroom.models import OutgoingMail
from purchases.evidence import MOST
from purchases.models import Purchase
from tests import cast
from tests.pages import words_of
from tests.purchases.partner_side import BUYER, purchase, reversal
from tests.staff import open_record, staff_log_in

pytestmark = pytest.mark.django_db
REASON = "dispute 4711 of the bank"


@pytest.fixture
def bought(told, notebook) -> Purchase:
    """Alice's order, with a mail that was sent, a log-in and a download."""
    told(purchase())
    order = Purchase.objects.get()
    OutgoingMail.objects.update(state="sent", sent_at=timezone.now(), answer="250 queued as 12345")
    file = cast.make_file(notebook)
    now = timezone.now()
    DownloadSession.objects.create(
        entitlement=Entitlement.objects.get(),
        file=file,
        ip="203.0.113.77",
        browser="Mozilla/5.0 Firefox/140.0",
        bytes_sent=10_000,
        completed_at=now,
        valid_until=now + timedelta(hours=1),
    )
    record(Kind.LOGIN_SUCCEEDED, user=order.user)
    LoginSession.objects.create(
        user=order.user, area="resources", token_hash="t", binding_hash="b", credentials_hash="c", ip="203.0.113.78", browser="Wget/1.21"
    )
    Hold.objects.create(user=order.user, reason="for staff alone", text="The bank took the payment back.")
    return order


def take(browser, order, reason=REASON):
    return browser.post(f"/staff/purchases/purchase/{order.pk}/evidence/", {"reason": reason})


def test_it_holds_everything_that_is_known(bought, told, adas_browser):
    told(reversal("charged_back"))
    answer = take(adas_browser, bought)
    assert answer["Content-Disposition"] == 'attachment; filename="evidence-standard-webhooks-a-1.html"'
    page = words_of(answer.content.decode())
    for words in (
        "A-1",
        "Alice Archer",
        "12 Quay Street",
        "203.0.113.7 ",
        "19.90",
        "purchase.completed",
        "250 queued as 12345",
        "logged in",
        "203.0.113.78",
        "Wget/1.21",
        "notebook-1.0.zip",
        "203.0.113.77",
        "10000",
        "chargeback",
        "The bank took the payment back.",
        REASON,
    ):
        assert words in page
    assert "for staff alone" not in page


def test_unlock_codes_are_masked(bought, adas_browser):
    page = take(adas_browser, bought).content.decode()
    code = UnlockCode.objects.get().code
    assert code not in page
    assert f"…{code[-4:]}" in page


def test_it_is_one_file_without_scripts_and_without_anything_from_elsewhere(bought, adas_browser):
    page = take(adas_browser, bought).content.decode()
    assert page.lstrip().startswith("<!DOCTYPE html>")
    assert not re.search(r"<script|<img|<link|<iframe|src=|href=|url\(|@import|\son\w+=", page)


def test_hostile_words_are_escaped(told, notebook, adas_browser):
    told(purchase(buyer=BUYER | {"company": "<script>alert(1)</script>"}))
    order = Purchase.objects.get()
    LoginSession.objects.create(
        user=order.user, area="resources", token_hash="t", binding_hash="b", credentials_hash="c", browser="<img src=x onerror=alert(2)>"
    )
    page = take(adas_browser, order, "<b>reason</b> of it").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;img src=x" in page
    assert not re.search(r"<script|<img|<b>", page)


def test_it_is_recorded_and_the_customer_reads_why(bought, adas_browser, ada):
    take(adas_browser, bought)
    event = AuditEvent.objects.get(kind="evidence.taken")
    assert (event.actor, event.user, event.ip) == (ada, bought.user, "127.0.0.1")
    assert event.detail == {
        "purchase": bought.pk,
        "partner": "standard-webhooks",
        "order": "A-1",
        "reason": REASON,
        "role": "Administration",
    }


@pytest.mark.parametrize("reason", ["", "short", "x" * 201])
def test_without_a_reason_there_is_nothing(bought, adas_browser, reason):
    answer = take(adas_browser, bought, reason)
    assert "Content-Disposition" not in answer
    assert "The customer reads it" in answer.content.decode()
    assert not AuditEvent.objects.filter(kind="evidence.taken").exists()


def test_looking_at_the_form_takes_nothing(bought, adas_browser):
    page = adas_browser.get(f"/staff/purchases/purchase/{bought.pk}/change/").content.decode()
    assert f"/staff/purchases/purchase/{bought.pk}/evidence/" in page
    assert adas_browser.get(f"/staff/purchases/purchase/{bought.pk}/evidence/").status_code == 200
    assert not AuditEvent.objects.filter(kind="evidence.taken").exists()


def test_support_takes_it_of_an_open_record_alone(bought, sam):
    browser = staff_log_in(sam)
    assert take(browser, bought).status_code == 404
    open_record(browser, bought.user)
    assert take(browser, bought)["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.get(kind="evidence.taken").detail["role"] == "Support"


def test_strangers_take_nothing(bought, client):
    assert take(client, bought).status_code == 302


def test_what_belongs_to_others_is_not_in_it(bought, told, mailer, adas_browser):
    told(purchase("B-1", buyer={"email": "bob@example.org", "name": "Bob Baker"}))
    page = take(adas_browser, bought).content.decode()
    assert "bob@example.org" not in page
    assert "B-1" not in page


def test_long_lists_are_cut_and_say_so_and_cost_the_same(bought, adas_browser, django_assert_max_num_queries):
    take(adas_browser, bought)
    with CaptureQueriesContext(connection) as short:
        take(adas_browser, bought)
    cost = len(short)
    user = User.objects.get(pk=bought.user_id)
    for number in range(MOST + 5):
        LoginSession.objects.create(
            user=user, area="resources", token_hash=f"t{number}", binding_hash="b", credentials_hash="c", browser=f"Browser/{number:04}"
        )
    with django_assert_max_num_queries(cost + 1):
        page = take(adas_browser, bought).content.decode()
    assert "And 6 more." in words_of(page)
    assert "Browser/0000" in page
    assert "Browser/0203" not in page
