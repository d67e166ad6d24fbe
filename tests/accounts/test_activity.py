"""“Your activity”: what a customer reads there."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.activity import picture_of
from accounts.models import LoginSession, User
from audit.kinds import Kind
from audit.log import record
from audit.models import AuditEvent
from tests import cast
from tests.activity import FIREFOX, HOME, OTHERS, SAFARI, browser, is_in, report_of, said, taken_by
from tests.cast import PASSWORD
from tests.customer import log_in
from tests.pages import Tags, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


def test_the_page_is_linked_wherever_a_customer_is(alice):
    assert HOME in Tags(log_in(alice).get("/resources/").content.decode()).links()


def test_a_newcomer_reads_kind_words_and_not_empty_tables(mallory):
    page = said(log_in(mallory))
    assert "None yet. See what there is to download" in page
    assert "Nobody of our staff has opened or changed your record in the last two years." in page
    assert "Nothing has changed in the last two years." in page
    assert "End all other log-ins" not in page, "there is no other"


def test_log_ins_say_where_when_with_what_and_how_they_ended(alice):
    elsewhere = log_in(alice, browser("198.51.100.9", SAFARI))
    gone = log_in(alice, browser("192.0.2.1", "curl/8"))
    gone.post("/resources/log-out/")
    LoginSession.objects.filter(ip="192.0.2.1").update(otp_device="otp_totp.totpdevice/1")
    page = said(log_in(alice, browser()))
    assert "203.0.113.1 near the network you are in now Firefox on Windows this log-in" in page
    assert "198.51.100.9 Mobile Safari on iOS open End This was not me" in page
    assert "192.0.2.1 curl on an unknown system with a second factor ended: logged out This was not me" in page
    assert is_in(elsewhere)


def test_what_timed_out_is_said_to_have_timed_out_even_if_it_was_ended_later(alice):
    log_in(alice, browser("198.51.100.9"))
    LoginSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=3), started_at=timezone.now() - timedelta(hours=4))
    client = log_in(alice, browser())
    assert "Firefox on Windows timed out This was not me" in said(client)
    client.post(OTHERS)
    assert "Firefox on Windows timed out This was not me" in said(client)


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "2", "%FF"])
@pytest.mark.parametrize("path", ["log-ins/", "downloads/", "staff/", "changes/"])
def test_pages_that_are_not_there_are_answered_kindly(alice, path, page):
    assert log_in(alice).get(f"{HOME}{path}?page={page}").status_code == 200


def test_what_staff_did_is_told_with_role_and_purpose_and_without_their_names(alice, sam):
    record(Kind.RECORD_OPENED, user=alice, actor=sam, role="Support", reason="case 123: a lost code", model="accounts.user")
    record(Kind.ENTITLEMENT_CHANGED, user=alice, actor=sam, reason="goodwill")
    page = log_in(alice).get(HOME).content.decode()
    assert "Record opened by staff Support case 123: a lost code" in words_of(page)
    assert "Download allowance changed by staff Staff goodwill" in words_of(page), "an event without a role is told all the same"
    assert "Sam" not in page
    assert sam.email not in page


def test_what_staff_think_and_where_they_sit_stays_with_them(alice, sam):
    request = type("Request", (), {"META": {"REMOTE_ADDR": "10.9.8.7"}})()
    record(Kind.HOLD_PLACED, user=alice, actor=sam, request=request, reason="looks like a reseller")
    record(Kind.MISUSE_DISMISSED, user=alice, actor=sam, reason="an office")
    page = log_in(alice).get(HOME).content.decode()
    assert "Account put on hold" in page
    for secret in ("reseller", "an office", "dismissed", "10.9.8.7"):
        assert secret not in page


def test_what_one_does_as_staff_oneself_is_not_what_staff_did(sam, alice):
    record(Kind.RECORD_OPENED, user=alice, actor=sam, role="Support", reason="case 9")
    record(Kind.STAFF_CHANGED, user=sam, actor=sam)
    page = said(log_in(sam))
    assert "case 9" not in page
    assert "Nobody of our staff" in page


@pytest.mark.any_keys
@pytest.mark.parametrize("detail", [{}, {"role": None, "reason": None}, {"role": ["x"], "reason": {"a": 1}}, [], "text", None, 7])
def test_whatever_an_event_lacks_the_page_opens(alice, sam, detail):
    for kind in (Kind.RECORD_OPENED, Kind.DOWNLOAD_TAKEN, Kind.PASSWORD_CHANGED):
        for actor in (None, sam):
            AuditEvent.objects.create(kind=kind, user=alice, actor=actor, detail=[] if detail is None else detail)
    assert "Record opened by staff" in said(log_in(alice))


@pytest.mark.any_keys
def test_hostile_words_are_words(alice, sam):
    hostile = "<script>alert(1)</script>"
    record(Kind.RECORD_OPENED, user=alice, actor=sam, role=hostile, reason=hostile)
    taken_by(alice, x=1)
    record(Kind.DOWNLOAD_TAKEN, user=alice, product=hostile, file=hostile)
    client = log_in(alice, browser(name=f"{hostile} {FIREFOX}"))
    for path in (HOME, report_of(AuditEvent.objects.latest("pk")), *(f"{HOME}{path}/" for path in ("log-ins", "downloads", "staff"))):
        assert hostile not in client.get(path, follow=True).content.decode()


def test_changes_of_the_account_are_told(alice):
    client = log_in(alice, browser())
    client.post("/resources/account/password/", {"current_password": PASSWORD, "new_password": "another long phrase"})
    page = said(client)
    assert "Password changed 203.0.113.1" in page
    assert "Account opened" in page


def test_the_picture_counts_by_the_days_of_the_reader(alice):
    """An evening in Europe is a morning in New Zealand."""
    at = timezone.now().replace(hour=20, minute=0) - timedelta(days=3)
    for kind in (Kind.LOGIN_SUCCEEDED, Kind.LOGIN_SUCCEEDED, Kind.LOGIN_FAILED, Kind.DOWNLOAD_TAKEN):
        AuditEvent.objects.create(kind=kind, user=alice, at=at)
    for zone, day in (("UTC", at.date()), ("Pacific/Auckland", at.date() + timedelta(days=1))):
        with timezone.override(zone):
            assert [(one.day, one.log_ins, one.failed, one.downloads) for one in picture_of(alice).busy_days] == [(day, 2, 1, 1)]


def test_the_picture_reaches_back_90_days_and_no_further(alice, monkeypatch):
    now = datetime(2026, 6, 30, 12, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    for back in (0, 89, 90):
        AuditEvent.objects.create(kind=Kind.LOGIN_FAILED, user=alice, at=now - timedelta(days=back, hours=11))
    days = picture_of(alice)
    assert len(days.days) == 90
    assert [one.day.isoformat() for one in days.busy_days] == ["2026-06-30", "2026-04-02"]


def test_the_picture_stands_in_the_page_with_the_same_in_words(alice, bob):
    taken_by(alice)
    taken_by(bob)
    page = log_in(alice).get(HOME).content.decode()
    assert 'aria-label="Log-ins, failed log-ins and downloads of the last 90 days"' in page
    assert "1 log-in, 0 failed log-ins, 1 download." in words_of(page)
    assert f"{timezone.localdate():%-d %b %Y} 1 0 1" in words_of(page)


def fill(user: User, sam: User, number: int) -> None:
    kinds = (Kind.LOGIN_SUCCEEDED, Kind.LOGIN_FAILED, Kind.DOWNLOAD_TAKEN, Kind.RECORD_OPENED, Kind.PASSWORD_CHANGED)
    now = timezone.now()
    AuditEvent.objects.bulk_create(
        AuditEvent(
            kind=kind,
            user=user,
            at=now - timedelta(hours=n % 4_000),
            actor=sam if kind == Kind.RECORD_OPENED else None,
            detail={"file": "x"},
        )
        for n, kind in ((n, kinds[n % 5]) for n in range(number))
    )
    LoginSession.objects.bulk_create(
        LoginSession(
            user=user,
            area="resources",
            token_hash=f"{number}-{n}",
            started_at=now - timedelta(hours=n),
            last_seen_at=now - timedelta(hours=n),
        )
        for n in range(number // 10)
    )


PAGES = {"": 8, "log-ins/": 4, "downloads/": 3, "staff/": 3, "changes/": 3}


def test_pages_cost_the_same_with_ten_events_and_with_ten_thousand(alice, sam):
    client = log_in(alice)
    for number in (10, 10_000):
        fill(alice, sam, number)
        client.get(HOME)  # the head of the page is kept ready after the first time
        found = {}
        for path in PAGES:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"{HOME}{path}").status_code == 200
            found[path] = len(queries)
        assert found == PAGES, [query["sql"] for query in queries]


def test_lists_go_on_page_by_page(alice, sam):
    fill(alice, sam, 150)
    client = log_in(alice)
    for path in ("downloads/", "staff/", "changes/"):
        first, second = client.get(f"{HOME}{path}"), client.get(f"{HOME}{path}?page=2")
        assert 'rel="next"' in first.content.decode()
        assert not {row.pk for row in first.context["page"].rows} & {row.pk for row in second.context["page"].rows}


def test_a_download_by_the_button_is_told(alice, alices):
    client = log_in(alice, browser("203.0.113.77"))
    client.post(f"/resources/downloads/{alices.pk}/", {"file": cast.make_file(alices.product, "2.0").pk})
    assert "notebook-2.0.zip NOTEBOOK 203.0.113.77 This was not me" in said(client, f"{HOME}downloads/")
