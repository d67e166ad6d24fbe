"""Who received what: for administration of everybody, for support of customers whose record is open."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from announcements.models import Announcement, Bounce, Delivery, Mailbox
from tests.announcements.writing import make_announcement, told
from tests.staff import page_of, staff_log_in

pytestmark = pytest.mark.django_db
DELIVERIES, MAILBOXES = "/staff/announcements/delivery/", "/staff/announcements/mailbox/"


@pytest.fixture
def adas(ada) -> Client:
    return staff_log_in(ada)


@pytest.fixture
def announcement(alice, bob) -> Announcement:
    """It went to Alice and Bob, and to a visitor who joined."""
    made = make_announcement(state="sent", total=3)
    for user, state, answer in ((alice, "sent", "250 ok"), (bob, "unknown", "")):
        deliver(made, user.email, user, state, answer)
    deliver(made, "visitor@example.net", None, "failed", "550 no such user")
    return made


def deliver(announcement, email, user, state, answer="") -> Delivery:
    mailbox = Mailbox.objects.at(email)
    Mailbox.objects.filter(pk=mailbox.pk).update(user=user)
    return announcement.deliveries.create(mailbox=mailbox, basis="customer", state=state, answer=answer)


def test_administration_filters_by_state_and_searches_by_address(adas, announcement, alice, bob):
    other = make_announcement(slug="other", subject="Mailer 7")
    deliver(other, alice.email, alice, "skipped")
    page = told(adas.get(DELIVERIES, {"announcement__id__exact": announcement.pk}))
    assert "3 deliveries" in page
    page = told(adas.get(DELIVERIES, {"announcement__id__exact": announcement.pk, "state__exact": "unknown"}))
    assert bob.email in page
    assert alice.email not in page
    for typed in (alice.email, " ALICE@EXAMPLE.COM "):
        page = told(adas.get(DELIVERIES, {"q": typed}))
        assert "2 deliveries" in page
        assert "Mailer 7" in page
        assert bob.email not in page
    assert "0 deliveries" in told(adas.get(DELIVERIES, {"q": "alice"})), "addresses are not read letter by letter"


def test_support_sees_the_rows_of_opened_customers_alone(sams, announcement, alice, bob):
    page = told(sams.get(DELIVERIES))
    assert alice.email in page
    assert bob.email not in page
    assert "visitor@example.net" not in page
    assert "0 deliveries" in told(sams.get(DELIVERIES, {"q": bob.email}))
    box = Mailbox.objects.get(user=bob)
    assert sams.get(f"{MAILBOXES}{box.pk}/change/").status_code == 404
    assert sams.get("/staff/announcements/subscription/").status_code == 403


def test_the_customers_page_leads_to_their_mailbox_and_deliveries(sams, announcement, alice):
    page = sams.get(page_of(alice)).content.decode()
    for name in ("delivery", "mailbox", "bounce"):
        assert f"/staff/announcements/{name}/?" in page


def test_nobody_changes_facts(adas, announcement):
    for model in ("delivery", "mailbox", "bounce", "subscription"):
        assert adas.get(f"/staff/announcements/{model}/add/").status_code == 403
    row = Delivery.objects.first()
    assert adas.post(f"{DELIVERIES}{row.pk}/change/", {"state": "sent"}).status_code == 403
    assert adas.post(f"{DELIVERIES}{row.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", ["delivery", "mailbox", "bounce", "subscription"])
def test_lists_cost_the_same_however_long_they_are(adas, announcement, model):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert adas.get(f"/staff/announcements/{model}/").status_code == 200
        return len(queries)

    Bounce.objects.create(mailbox=Mailbox.objects.first(), announcement=announcement, kind="soft", event_key="0")
    before = cost()
    for number in range(60):
        row = deliver(announcement, f"c{number}@example.com", None, "sent")
        Bounce.objects.create(mailbox=row.mailbox, announcement=announcement, kind="soft", event_key=str(number + 1))
    assert cost() == before


@pytest.mark.parametrize(
    "query", ["announcement__id__exact=x", "state__exact=x", "q=%00", "p=x", "mailbox__email__startswith=a", "q=" + "x" * 5000]
)
def test_nothing_that_is_asked_breaks_a_list(adas, announcement, query):
    assert adas.get(f"{DELIVERIES}?{query}").status_code in (200, 302, 400)
