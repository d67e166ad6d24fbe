"""The report of somebody with an account: asked for, watched, fetched, and whom it is shown to (promise C17)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode

from accounts import holds
from accounts.models import LoginSession
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from rights import tasks
from rights.models import Kind, ReportFile, State, SubjectRequest
from rights.report import safe
from tests.customer import log_in, mail_to
from tests.pages import words_of
from tests.rights.reports import fetched
from tests.support.cases import make_case

pytestmark = pytest.mark.django_db
HOME, ASK = "/resources/your-data/", "/resources/your-data/report/"


def made(client: Client) -> str:
    """A report is asked for and made: the address of its page."""
    page = client.post(ASK)["Location"]
    assert tasks.make_due_reports() == 1
    return page


def stale(user) -> None:
    LoginSession.objects.filter(user=user).update(confirmed_at=timezone.now() - timedelta(hours=1))


def read(client: Client, path: str = HOME) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return words_of(response.content.decode())


def test_the_page_says_what_can_be_done_and_where(alice):
    page = log_in(alice).get(HOME).content.decode()
    assert "A report of all of it" in page
    for address in (ASK, "/resources/support/correction/", "/resources/account/contact/", "/privacy/resources/"):
        assert f'href="{address}"' in page


def test_the_account_leads_there(alice):
    assert f'href="{HOME}"' in log_in(alice).get("/resources/account/").content.decode()


def test_it_is_asked_for_made_and_fetched(alice):
    client = log_in(alice)
    page = client.post(ASK)["Location"]
    waiting = client.get(page)
    assert waiting["Refresh"] == "3"
    assert "<progress" in waiting.content.decode()
    assert "It is being made" in read(client)
    tasks.make_due_reports()
    ready = client.get(page)
    assert "Refresh" not in ready
    assert "It is ready" in words_of(ready.content.decode())
    report = fetched(client, f"{page}download/")
    assert report.data["person"] == {"account": alice.pk, "addresses": [alice.email]}
    assert report.data["request"]["proved_by"] == "log-in"
    assert f'href="{page}download/"' in client.get(HOME).content.decode()


def test_the_mail_says_that_it_is_ready_and_nothing_of_it(alice, alices):
    made(log_in(alice))
    mail = mail_to(alice.email)
    assert mail.subject == "The report of your data at Infacta is ready"
    assert HOME in mail.text
    assert "log in and confirm" in mail.text
    for secret in (alices.unlock_codes.get().code, ReportFile.objects.get().name, SubjectRequest.objects.get().number, "Galway"):
        assert secret not in mail.text + mail.html


def test_asking_needs_a_fresh_confirmation_and_comes_back_to_its_page(alice):
    client = log_in(alice)
    stale(alice)
    for answer in (client.get(ASK), client.post(ASK)):
        assert answer["Location"] == f"/resources/confirm/?{urlencode({'next': ASK})}"
    assert not SubjectRequest.objects.exists()


def test_fetching_needs_a_fresh_confirmation(alice):
    client = log_in(alice)
    page = made(client)
    stale(alice)
    assert client.get(f"{page}download/")["Location"].startswith("/resources/confirm/?next=")
    assert not AuditEvent.objects.filter(kind="report.taken").exists()
    assert client.get(page).status_code == 200


def test_one_is_open_at_a_time_and_asking_again_shows_it(alice):
    client = log_in(alice)
    assert client.post(ASK)["Location"] == client.post(ASK)["Location"]
    assert SubjectRequest.objects.count() == 1
    assert AuditEvent.objects.filter(kind="report.asked").count() == 1


def test_asking_on_and_on_is_slowed(alice):
    client = log_in(alice)
    for _time in range(3):
        made(client)
    answer = client.post(ASK)
    assert answer.status_code == 429
    assert SubjectRequest.objects.count() == 3


def test_nobody_else_is_shown_it(alice, bob, mallory):
    page = made(log_in(alice))
    for other in (bob, mallory):
        client = log_in(other)
        assert [client.get(path).status_code for path in (page, f"{page}download/")] == [404, 404]
        assert "It is ready" not in read(client)
    assert Client().get(f"{page}download/")["Location"].startswith("/resources/log-in/")


def test_after_seven_days_it_is_gone(alice):
    client = log_in(alice)
    page = made(client)
    ReportFile.objects.update(valid_until=timezone.now())
    assert client.get(f"{page}download/").status_code == 404
    assert "not there any more" in read(client, page)
    assert "Have a report made" in read(client)


def test_it_is_valid_for_seven_days(alice):
    made(log_in(alice))
    report = ReportFile.objects.get()
    assert report.valid_until - report.made_at == timedelta(days=7)


def test_each_fetching_is_written_down_and_seen_by_its_owner(alice):
    client = log_in(alice)
    page = made(client)
    for _time in range(2):
        fetched(client, f"{page}download/")
    client.head(f"{page}download/")
    events = AuditEvent.objects.filter(kind="report.taken")
    assert [(event.user, event.detail["first_byte"]) for event in events] == [(alice, 0)] * 2
    assert "report of all personal data fetched" in read(client, "/resources/activity/changes/").lower()


def test_a_download_that_broke_off_goes_on(alice):
    client = log_in(alice)
    path = f"{made(client)}download/"
    whole = b"".join(client.get(path).streaming_content)
    rest = client.get(path, headers={"Range": "bytes=100-"})
    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert b"".join(rest.streaming_content) == whole[100:]
    last = client.get(path, headers={"Range": "bytes=-10"})
    assert b"".join(last.streaming_content) == whole[-10:]
    assert client.get(path, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    for other in ("bytes=0-1,5-6", "lines=1-2", "bytes=x"):
        assert client.get(path, headers={"Range": other}).status_code == 200
    stale_copy = client.get(path, headers={"Range": "bytes=100-", "If-Range": '"another"'})
    assert stale_copy.status_code == 200


def test_no_browser_looks_into_it_and_no_cache_keeps_it(alice):
    client = log_in(alice)
    answer = client.get(f"{made(client)}download/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Disposition"] == f'attachment; filename="personal-data-{timezone.now():%Y-%m-%d}.zip"'


def test_a_file_that_is_gone_is_a_404(alice):
    client = log_in(alice)
    page = made(client)
    safe.destroy(ReportFile.objects.get().name)
    assert client.get(f"{page}download/").status_code == 404


def test_an_account_on_hold_keeps_its_report_from_everybody(alice, ada):
    client = log_in(alice)
    page = made(client)
    holds.place(alice, reason="shared", text="Please write to us.", by=ada)
    assert client.get(f"{page}download/").status_code == 302


def test_what_hangs_on_an_account_that_is_gone_ends(alice):
    asked = SubjectRequest.objects.create(kind=Kind.REPORT, user=alice)
    SubjectRequest.objects.filter(pk=asked.pk).update(user=None)
    assert tasks.make_due_reports() == 0
    asked.refresh_from_db()
    assert asked.state == State.CANCELLED
    assert not OutgoingMail.objects.filter(cause=f"report:{asked.number}").exists()


def test_a_case_that_is_opened_for_it_is_noted_once(alice):
    cases = [make_case(alice.email, user=alice).reference for _one in range(2)]
    made(log_in(alice))
    event = AuditEvent.objects.get(kind="cases.reported")
    assert (event.user, event.detail["cases"]) == (alice, cases)


def test_without_cases_nothing_is_noted_of_them(alice):
    made(log_in(alice))
    assert not AuditEvent.objects.filter(kind="cases.reported").exists()
