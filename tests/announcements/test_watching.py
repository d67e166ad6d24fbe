"""The page of a sending, live and without a script, and what became of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from announcements.models import Announcement, Mailbox
from announcements.sending.progress import progress_of
from announcements.sending.results import results_of
from audit.models import AuditEvent
from tests.announcements.writing import make_announcement, page_of, told
from tests.pages import words_of
from tests.staff import staff_log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def adas(ada) -> Client:
    return staff_log_in(ada)


def under_way(**values: object) -> Announcement:
    figures = {
        "state": "sending",
        "total": 1000,
        "sent": 400,
        "failed": 3,
        "skipped": 5,
        "unknown": 2,
        "began_at": timezone.now() - timedelta(seconds=41),
    }
    return make_announcement(**figures | values)


def test_figures_for_the_page_and_for_its_script_are_the_same(adas):
    announcement = under_way()
    page = adas.get(page_of(announcement, "progress")).content.decode()
    assert 'src="/static/sending' in page
    assert f'data-figures="{page_of(announcement, "figures")}"' in page
    for said in ("410 / 1000", "Sent 400", "Failed 3", "Skipped 5", "Unknown 2", "Waiting 590", "mails a second", "is not watched"):
        assert said in words_of(page), said
    figures = adas.get(page_of(announcement, "figures")).json()
    assert (figures["done"], figures["sent"], figures["waiting"], figures["state"], figures["moving"]) == (410, 400, 590, "sending", True)
    assert figures["speed"].endswith("mails a second")
    assert figures["finish"] != "–"


def test_speed_is_that_of_the_last_minute():
    announcement, now = under_way(), timezone.now()
    assert progress_of(announcement, now).speed == pytest.approx(10, rel=0.05), "since the beginning"
    announcement.sent += 300
    later = progress_of(announcement, now + timedelta(seconds=10))
    assert later.speed == pytest.approx(30)
    assert later.finished_at == now + timedelta(seconds=10 + 290 / 30)
    announcement.sent += 290
    assert progress_of(announcement, now + timedelta(seconds=20)).waiting == 0


@pytest.mark.parametrize("state", ["scheduled", "preparing", "paused", "sent", "cancelled"])
def test_there_is_no_speed_while_nothing_is_sent(adas, state):
    announcement = under_way(state=state)
    figures = adas.get(page_of(announcement, "figures")).json()
    assert (figures["speed"], figures["finish"]) == ("–", "–")
    page = adas.get(page_of(announcement, "progress")).content.decode()
    assert ("sending.js" in page) == (state not in ("sent", "cancelled"))


def test_nothing_is_counted_but_read_however_many_they_are(adas):
    announcement = under_way()

    def cost(page: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert adas.get(page_of(announcement, page)).status_code == 200
        assert not [query for query in queries if "announcements_delivery" in query["sql"]]
        return len(queries)

    before = cost("progress"), cost("figures")
    for number in range(40):
        announcement.deliveries.create(mailbox=Mailbox.objects.at(f"c{number}@example.com"), basis="customer", state="sent")
    assert (cost("progress"), cost("figures")) == before


def test_results_in_words_and_pictures(adas):
    announcement = under_way(state="sent", bounced=30, left=7, complained=1, ended_at=timezone.now())
    answers = ["550 5.1.1 no such user", "550 5.7.1 refused", "554 no", ""]
    for number, answer in enumerate(answers):
        mailbox = Mailbox.objects.at(f"c{number}@example.com")
        announcement.deliveries.create(mailbox=mailbox, basis="customer", state="failed", answer=answer)
    announcement.deliveries.create(mailbox=Mailbox.objects.at("s@example.com"), basis="customer", state="sent", answer="250 ok")
    other = make_announcement(slug="other")
    other.deliveries.create(mailbox=Mailbox.objects.at("s@example.com"), basis="customer", state="failed", answer="451 later")
    page = adas.get(page_of(announcement, "results")).content.decode()
    words = words_of(page)
    assert page.count("<svg") > 3
    for said in (
        "recipients 1000",
        "sent 400",
        "bounced 30",
        "left 7",
        "complained 1",
        "failed 3",
        "skipped 5",
        "unknown 2",
        "Nobody is followed",
    ):
        assert said in words, said
    assert "550: there is no such mailbox, or the mail was refused 2" in words
    assert "other: see the deliveries 1" in words
    assert "451" not in words
    assert results_of(announcement).delivered == 370


def test_of_nothing_sent_there_are_results_too(adas):
    announcement = make_announcement(state="cancelled")
    assert "There is nothing to draw yet." in told(adas.get(page_of(announcement, "results")))


def test_unknown_ones_are_listed_and_sent_again_when_somebody_says_so(adas):
    announcement = under_way(state="sent", total=3, sent=1, failed=0, skipped=0, unknown=2, ended_at=timezone.now())
    for number, state in enumerate(("sent", "unknown", "unknown")):
        announcement.deliveries.create(mailbox=Mailbox.objects.at(f"c{number}@example.com"), basis="customer", state=state)
    page = adas.get(page_of(announcement, "progress")).content.decode()
    assert f"/staff/announcements/delivery/?announcement__id__exact={announcement.pk}&amp;state__exact=unknown" in page
    assert page_of(announcement, "send-again") in page
    assert "Of 2 mails nobody knows whether they arrived. Whoever has it already gets it twice." in told(
        adas.get(page_of(announcement, "send-again"))
    )
    assert "They wait again" in told(adas.post(page_of(announcement, "send-again"), follow=True))
    announcement.refresh_from_db()
    assert (announcement.state, announcement.unknown) == ("sending", 0)
    assert announcement.deliveries.filter(state="pending").count() == 2
    event = AuditEvent.objects.get(kind="deliveries.sent_again")
    assert (event.actor.email, event.detail) == ("ada@vendor.example", {"announcement": announcement.pk, "count": 2})
    assert "nothing to do here" in told(adas.post(page_of(announcement, "send-again"), follow=True))
