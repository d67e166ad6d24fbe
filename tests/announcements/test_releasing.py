"""Releasing an announcement: after the checks, by two people if it goes to many, now or at a time; and taking it back."""

from datetime import datetime, timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User
from announcements.models import Announcement
from announcements.sending import releasing
from announcements.sending.starting import begin
from audit.models import AuditEvent
from downloads.models import Release
from tests import cast
from tests.announcements.writing import make_announcement, page_of, save, told
from tests.staff import staff_log_in
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_net(settings):
    settings.ANNOUNCEMENTS_CHECK_LINKS = False


@pytest.fixture
def adas(ada) -> Client:
    return staff_log_in(ada)


@pytest.fixture
def eve(db) -> User:
    """A colleague of Ada's."""
    return cast.make_staff("eve@vendor.example", "Administration")


def release(client: Client, announcement: Announcement, **typed: str):
    announcement.refresh_from_db()
    return client.post(page_of(announcement, "release"), {"seen": str(announcement.version)} | typed)


def events(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=f"announcement.{kind}"))


def test_released_now(adas, ada, alice):
    announcement = make_announcement()
    page = told(adas.get(page_of(announcement, "release")))
    assert "It goes to 1 address as of now." in page
    assert "Nothing was found" in page
    assert "Times are in the time zone UTC." in page
    before = timezone.now()
    answer = release(adas, announcement)
    assert answer["Location"] == page_of(announcement, "progress")
    announcement.refresh_from_db()
    assert (announcement.state, announcement.released_by) == ("scheduled", ada)
    assert before <= announcement.send_at <= timezone.now()
    (event,) = events("released")
    assert event.actor == ada
    assert event.detail == {"announcement": announcement.pk, "at": announcement.send_at.isoformat(), "count": 1}


def test_released_for_a_time_of_the_sites_clock_and_withdrawn(adas, alice, settings):
    settings.TIME_ZONE = "Europe/Dublin"
    announcement = make_announcement()
    day = f"{timezone.now() + timedelta(days=400):%Y}-07-01"
    release(adas, announcement, at_0=day, at_1="09:30:00")
    announcement.refresh_from_db()
    assert announcement.send_at == datetime.fromisoformat(f"{day}T08:30:00+00:00")
    page = told(adas.get(page_of(announcement, "progress")))
    assert "9:30" in page or "09:30" in page
    assert "Withdraw" in page
    answer = adas.post(page_of(announcement, "withdraw"), follow=True)
    assert "It is a draft again: nothing was sent." in told(answer)
    announcement.refresh_from_db()
    assert (announcement.state, announcement.send_at, announcement.released_by) == ("draft", None, None)
    assert len(events("withdrawn")) == 1


@pytest.mark.parametrize(
    "typed",
    [{"at_0": "2001-01-01", "at_1": "00:00"}, {"at_0": "9999-01-01", "at_1": "00:00"}, {"at_0": "x", "at_1": "y"}, {"at_0": "2030-01-01"}],
)
def test_a_time_that_cannot_be_is_told(adas, alice, typed):
    announcement = make_announcement()
    assert "Please correct what is marked below" in told(release(adas, announcement, **typed))
    assert Announcement.objects.get().state == "draft"


def test_what_stops_it_stops_it(adas, alice):
    announcement = make_announcement(body="Hello {{ nmae }}")
    for answer in (adas.get(page_of(announcement, "checks")), adas.get(page_of(announcement, "release")), release(adas, announcement)):
        assert "Stops it: {{ nmae }} is no placeholder that we know" in told(answer)
    assert Announcement.objects.get().state == "draft"
    assert 'type="submit" class="default"' not in adas.get(page_of(announcement, "release")).content.decode()


def test_nobody_releases_what_was_changed_since_they_looked(adas, eve, alice):
    announcement = make_announcement()
    eves = staff_log_in(eve)
    assert save(eves, page_of(announcement), subject="Something else").status_code == 302
    answer = adas.post(page_of(announcement, "release"), {"seen": "0"})
    assert "It was changed meanwhile: look at it once more" in told(answer)
    assert Announcement.objects.get().state == "draft"


def test_to_many_it_goes_only_if_somebody_else_than_its_author_releases_it(adas, ada, eve, alice, settings):
    settings.ANNOUNCEMENTS_TWO_PEOPLE_FROM = 1
    announcement = make_announcement(written_by=ada)
    for answer in (adas.get(page_of(announcement, "release")), release(adas, announcement)):
        assert "you changed it last: a colleague looks at it, and releases it" in told(answer)
    assert Announcement.objects.get().state == "draft"
    assert release(staff_log_in(eve), announcement).status_code == 302
    announcement.refresh_from_db()
    assert (announcement.state, announcement.released_by) == ("scheduled", eve)


def test_the_statement_knows_the_author_whatever_a_page_says(ada, eve, settings):
    settings.ANNOUNCEMENTS_TWO_PEOPLE_FROM = 100
    announcement, now = make_announcement(written_by=ada), timezone.now()
    assert not announcement.release(ada, now, 100)
    assert announcement.release(ada, now, 99)
    assert announcement.withdraw()
    Announcement.objects.update(written_by=None)
    assert announcement.release(eve, now, 100), "its author is gone: whoever releases it is somebody else"
    assert announcement.withdraw()
    Announcement.objects.update(written_by=ada)
    settings.ANNOUNCEMENTS_TWO_PEOPLE_FROM = 0
    assert announcement.release(ada, now, 10**6)


def test_who_changes_a_comma_of_a_colleagues_becomes_its_author(adas, ada, eve, alice, settings):
    settings.ANNOUNCEMENTS_TWO_PEOPLE_FROM = 1
    announcement = make_announcement(written_by=eve)
    save(adas, page_of(announcement), subject="Notebook 2, is out")
    assert "you changed it last" in told(release(adas, announcement))


def test_what_is_not_there_to_be_done_is_told(adas, alice):
    announcement = make_announcement(state="sent", began_at=timezone.now())
    for step in ("release", "withdraw", "pause", "resume", "cancel", "send-again"):
        answer = adas.post(page_of(announcement, step), {"reason": "because"}, follow=True)
        assert "There is nothing to do here (any more)" in told(answer), step
    assert not events("")


def test_paused_resumed_and_cancelled_with_a_reason(adas, ada):
    announcement = make_announcement(state="sending", total=10, sent=4, began_at=timezone.now())
    assert "Please correct what is marked below" in told(adas.post(page_of(announcement, "pause"), {"reason": ""}))
    page = told(adas.post(page_of(announcement, "pause"), {"reason": "the link is wrong"}, follow=True))
    assert "It is paused: the link is wrong" in page
    assert "Resume" in page
    assert "It is paused because: the link is wrong" in told(adas.get(page_of(announcement, "resume")))
    assert "It goes on where it stood." in told(adas.post(page_of(announcement, "resume"), follow=True))
    assert "It is cancelled." in told(adas.post(page_of(announcement, "cancel"), {"reason": "wrong"}, follow=True))
    announcement.refresh_from_db()
    assert announcement.state == "cancelled"
    facts = [
        (event.kind, event.actor, event.detail.get("reason"))
        for event in AuditEvent.objects.filter(kind__startswith="announcement.").order_by("pk")
    ]
    assert facts == [
        ("announcement.paused", ada, "the link is wrong"),
        ("announcement.resumed", ada, None),
        ("announcement.cancelled", ada, "wrong"),
    ]


@pytest.mark.parametrize("change", ["notes", "deleted"])
def test_what_is_picked_does_not_change_after_somebody_looked_at_it(adas, alice, notebook, change):
    picked = Release.objects.create(product=notebook, version="2.0", notes="It prints.", published_at=timezone.now())
    announcement = make_announcement()
    announcement.releases.add(picked)
    assert release(adas, announcement)["Location"] == page_of(announcement, "progress")
    if change == "notes":
        Release.objects.update(notes="Send us your password.")
    else:
        announcement.releases.clear()
    announcement.refresh_from_db()
    assert not begin(announcement)
    announcement.refresh_from_db()
    assert (announcement.state, announcement.frozen_html) == ("draft", "")
    assert "changed since it was released" in told(adas.get(page_of(announcement)))
    release(adas, announcement)
    announcement.refresh_from_db()
    assert begin(announcement)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_releases_it(ada, eve):
    announcement = make_announcement()

    def one(by: User) -> bool:
        request = RequestFactory().post("/")
        request.user = by
        return releasing.release(Announcement.objects.get(pk=announcement.pk), timezone.now(), 1, request)

    assert sorted(at_once(one, [ada, eve, ada, eve])) == [False, False, False, True]
    assert len(events("released")) == 1
