"""“This was not me.”"""

import pytest
from django.test import Client

from accounts.models import AddressChange, LoginSession, MisuseFinding, User
from accounts.models.finding import FindingState
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.accounts.address_side import ask, link
from tests.activity import OTHERS, SAFARI, browser, is_in, latest, report_of, said, taken_by
from tests.cast import PASSWORD
from tests.customer import log_in, mail_to
from tests.pages import words_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


def test_a_reported_log_in_ends_all_others_asks_for_a_password_and_opens_a_review(alice):
    here, there, third = log_in(alice, browser()), log_in(alice, browser("198.51.100.9", SAFARI)), log_in(alice, browser("198.51.100.10"))
    session = LoginSession.objects.get(ip="198.51.100.9")
    assert "198.51.100.9" in said(here, report_of(session))
    answer = here.post(report_of(session))
    assert answer["Location"] == "/resources/account/password/"
    assert "choose a new password" in said(here, "/resources/account/password/")
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, False)
    session.refresh_from_db()
    assert session.end_reason == "reported"
    finding = MisuseFinding.objects.get()
    assert (finding.detector, finding.user, finding.score, finding.state) == ("reported", alice, 60, FindingState.OPEN)
    assert finding.detector_in_words == "reported by the customer"
    assert finding.evidence == {
        "reports": [
            {
                "what": "login",
                "number": session.pk,
                "at": session.started_at.isoformat(),
                "ip": "198.51.100.9",
                "of": "Mobile Safari on iOS",
            }
        ]
    }
    assert "from 198.51.100.9 with Mobile Safari on iOS" in finding.explanation
    event = AuditEvent.objects.get(kind="login.reported")
    assert (event.user, event.detail) == (alice, {"finding": finding.pk, "login_session": session.pk})
    mail = mail_to(alice.email)
    assert mail.subject == "Your report about your account at Infacta"
    for text in (mail.text, mail.html):
        assert "198.51.100.9" in text
        assert "/resources/password/forgotten/" in text


def test_a_reported_download_does_the_same(alice):
    here, there = log_in(alice, browser()), log_in(alice, browser("198.51.100.9"))
    event = taken_by(alice)
    assert "notebook-1.0.zip" in said(here, report_of(event))
    assert here.post(report_of(event))["Location"] == "/resources/account/password/"
    assert (is_in(here), is_in(there)) == (True, False)
    finding = MisuseFinding.objects.get()
    assert finding.evidence["reports"][0]["of"] == "notebook-1.0.zip"
    assert AuditEvent.objects.get(kind="login.reported").detail == {"finding": finding.pk, "download": event.pk}
    assert "notebook-1.0.zip" in mail_to(alice.email).text


def test_further_reports_are_added_to_the_open_review_and_a_decided_one_is_not_opened_again(alice):
    here = log_in(alice, browser())
    first, second, third = (taken_by(alice, count=number) for number in range(3))
    here.post(report_of(first))
    here.post(report_of(second))
    finding = MisuseFinding.objects.get()
    assert [one["number"] for one in finding.evidence["reports"]] == [first.pk, second.pk]
    assert len(finding.explanation.splitlines()) == 2
    assert finding.first_at == first.at
    MisuseFinding.objects.update(state=FindingState.DISMISSED)
    here.post(report_of(third))
    assert MisuseFinding.objects.get(state=FindingState.OPEN).evidence["reports"][0]["number"] == third.pk
    assert MisuseFinding.objects.get(pk=finding.pk).evidence == finding.evidence


def test_the_log_in_in_use_cannot_be_reported_by_itself(alice):
    client = log_in(alice, browser())
    for answer in (client.get(report_of(latest(alice)), follow=True), client.post(report_of(latest(alice)), follow=True)):
        assert "Then log out, and change your password." in words_of(answer.content.decode())
    assert is_in(client)
    assert not MisuseFinding.objects.exists()


def test_whoever_got_in_and_reports_the_owner_gains_nothing(alice):
    """The owner's log-in ends, a mail tells them, and the password that the hijacker would have to know stays theirs."""
    owner, hijacker = log_in(alice, browser()), log_in(alice, browser("198.51.100.66"))
    page = hijacker.post(report_of(LoginSession.objects.get(ip="203.0.113.1")), follow=True)
    assert not is_in(owner)
    assert 'name="current_password"' in page.content.decode()
    assert "If it was not you who told us" in mail_to(alice.email).text
    log_in(alice, browser()).post(OTHERS)
    assert not is_in(hijacker)


def test_reports_are_throttled(alice):
    client = log_in(alice, browser())
    statuses = [client.post(report_of(taken_by(alice))).status_code for _time in range(12)]
    assert statuses == [302] * 10 + [429] * 2
    assert len(MisuseFinding.objects.get().evidence["reports"]) == 10


def test_an_event_of_ones_own_that_is_no_download_cannot_be_reported_as_one(alice):
    client = log_in(alice)
    assert client.post(report_of(AuditEvent.objects.filter(user=alice, kind="login.succeeded").latest("pk"))).status_code == 404


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_reports_at_once_from_one_browser_open_one_review_with_all_of_them():
    alice = User.objects.create_user("alice@example.com", PASSWORD)
    client = log_in(alice, browser())
    events = [taken_by(alice, count=number) for number in range(4)] * 2

    def press(event: AuditEvent) -> int:
        own = browser()
        own.cookies = client.cookies
        return own.post(report_of(event)).status_code

    assert set(at_once(press, events)) == {302}
    finding = MisuseFinding.objects.get()
    assert sorted(one["number"] for one in finding.evidence["reports"]) == sorted({event.pk for event in events})
    assert AuditEvent.objects.filter(kind="login.reported").count() == 4
    assert OutgoingMail.objects.filter(cause__startswith="reported:").count() == 4
    assert is_in(client)


def test_pressing_twice_is_pressing_once(alice):
    here, _there = log_in(alice, browser()), log_in(alice, browser("198.51.100.9"))
    session, mails = latest(alice), OutgoingMail.objects.count()
    for _time in range(3):
        assert here.post(report_of(session)).status_code == 302
    assert MisuseFinding.objects.count() == AuditEvent.objects.filter(kind="login.reported").count() == 1
    assert len(MisuseFinding.objects.get().evidence["reports"]) == 1
    assert OutgoingMail.objects.count() == mails + 1


def test_a_report_cancels_a_change_of_address_that_somebody_else_may_have_asked_for(alice):
    here, there = log_in(alice, browser()), log_in(alice, browser("198.51.100.9"))
    ask(there, "intruder@example.net")
    change = AddressChange.objects.get()
    assert change.cancelled_at is None
    links = [link(mail) for mail in OutgoingMail.objects.all() if "/address/confirm/" in mail.text]
    assert len(links) == 2
    here.post(report_of(LoginSession.objects.get(ip="198.51.100.9")))
    change.refresh_from_db()
    assert change.cancelled_at
    assert [Client().get(path, follow=True).status_code for path in links] == [404, 404]
