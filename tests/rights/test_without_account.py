"""Reports for people without an account: asked for on the public page, proved by the mailbox, fetched by a link (promise C17)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import holds
from announcements.models import Mailbox, Subscription
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from rights import tasks
from rights.models import ReportFile, State, SubjectRequest
from tests.customer import mail_to
from tests.pages import words_of
from tests.rights.reports import fetched, link_in
from tests.staff import enrolled

pytestmark = pytest.mark.django_db
VERA, ASK = "vera@example.net", "/privacy/your-data/"


@pytest.fixture
def vera() -> Mailbox:
    """She joined the announcements, and has no account."""
    Subscription.objects.create(email=VERA, email_key=VERA, state="confirmed", ip="198.51.100.7")
    return Mailbox.objects.at(VERA)


def ask(address: str, client: Client | None = None, **fields: str):
    return (client or Client()).post(ASK, {"email": address, "kind": "report"} | fields)


def asked_and_looked_at(address: str) -> None:
    assert ask(address).status_code == 200
    tasks.look_at_requests()


def proof_link() -> str:
    return link_in(mail_to(VERA), "/privacy/your-data/proof/")


def report_link() -> str:
    """All of the way, to the second mail."""
    asked_and_looked_at(VERA)
    assert Client().post(proof_link()).status_code == 200
    assert tasks.make_due_reports() == 1
    return link_in(mail_to(VERA), "/privacy/your-data/report/")


def test_vera_asks_proves_her_mailbox_and_fetches_it(vera):
    link = report_link()
    page = Client().get(link)
    assert page.status_code == 200
    assert (page["Cache-Control"], page["Referrer-Policy"], page["X-Robots-Tag"]) == ("no-store", "no-referrer", "noindex")
    report = fetched(Client(), f"{link}download/")
    assert report.data["person"] == {"account": None, "addresses": [VERA]}
    assert report.data["request"]["proved_by"] == "mailbox"
    assert [row["ip"] for row in report.rows("announcements.Subscription")] == ["198.51.100.7"]
    assert [row["email"] for row in report.rows("announcements.Mailbox")] == [VERA]


def test_the_answer_is_the_same_whether_or_not_anything_is_on_file(vera, alice):
    answers = {address: ask(address).content.decode().replace(address, "…") for address in (VERA, alice.email, "nobody@example.com")}
    assert len(set(answers.values())) == 1
    tasks.look_at_requests()
    assert not OutgoingMail.objects.filter(to="nobody@example.com").exists()
    assert not SubjectRequest.objects.filter(email="nobody@example.com").exists()


def test_nothing_is_looked_up_while_the_visitor_waits(vera):
    """So the time that the answer takes tells nothing either."""
    ask("somebody@example.com")
    counts = []
    for address in (VERA, "nobody@example.com"):
        with CaptureQueriesContext(connection) as queries:
            ask(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_whoever_has_an_account_is_told_to_log_in(alice):
    asked_and_looked_at(alice.email)
    mail = mail_to(alice.email)
    assert "/resources/your-data/" in mail.text
    assert "proof" not in mail.text
    assert not SubjectRequest.objects.exists()


def test_on_hold_the_mailbox_is_enough_unless_a_second_factor_guards_the_account(alice, ada):
    holds.place(alice, reason="shared", text="Please write to us.", by=ada)
    asked_and_looked_at(alice.email)
    Client().post(link_in(mail_to(alice.email), "/privacy/your-data/proof/"))
    assert tasks.make_due_reports() == 1
    assert SubjectRequest.objects.get().user == alice
    enrolled(alice)
    asked_and_looked_at(alice.email)
    assert "log in, and you find" in mail_to(alice.email).text


def test_the_report_of_a_held_account_is_fetched_with_the_mailed_link(alice, ada):
    holds.place(alice, reason="shared", text="Please write to us.", by=ada)
    asked_and_looked_at(alice.email)
    Client().post(link_in(mail_to(alice.email), "/privacy/your-data/proof/"))
    tasks.make_due_reports()
    report = fetched(Client(), link_in(mail_to(alice.email), "/privacy/your-data/report/") + "download/")
    assert report.rows("accounts.User")[0]["name"] == "Alice Archer"


def test_a_program_that_opens_the_link_proves_nothing(vera):
    asked_and_looked_at(VERA)
    page = Client().get(proof_link())
    assert "Was it you?" in words_of(page.content.decode())
    assert SubjectRequest.objects.get().state == State.UNPROVED


def test_pressed_twice_it_is_proved_once_and_shows_how_far_it_is(vera):
    asked_and_looked_at(VERA)
    link = proof_link()
    for _time in range(2):
        page = Client().post(link)
        assert page["Refresh"] == "3"
    assert AuditEvent.objects.filter(kind="request.proved").count() == 1
    tasks.make_due_reports()
    assert Client().get(link).status_code == 404
    assert ReportFile.objects.count() == 1


def test_asked_once_more_the_latest_link_counts(vera):
    asked_and_looked_at(VERA)
    first = proof_link()
    asked_and_looked_at(VERA.title())
    second = link_in(OutgoingMail.objects.filter(to__iexact=VERA).latest("pk"), "/privacy/your-data/proof/")
    assert first != second
    assert [Client().get(link).status_code for link in (first, second)] == [404, 200]
    assert SubjectRequest.objects.count() == 1


def test_one_address_is_not_mailed_without_end(vera):
    for _time in range(5):
        asked_and_looked_at(VERA)
    assert OutgoingMail.objects.filter(to=VERA).count() == 3


def test_one_network_does_not_ask_without_end(vera):
    answers = [ask(f"{number}@example.com").status_code for number in range(11)]
    assert answers == [200] * 10 + [429]


def test_what_nobody_proves_lapses_after_seven_days_and_names_nobody(vera):
    asked_and_looked_at(VERA)
    link = proof_link()
    SubjectRequest.objects.update(asked_at=timezone.now() - timedelta(days=7, minutes=1))
    assert Client().post(link).status_code == 404
    assert tasks.lapse_requests() == 1
    lapsed = SubjectRequest.objects.get()
    assert (lapsed.state, lapsed.email, lapsed.proof_digest) == (State.LAPSED, "", "")
    assert tasks.make_due_reports() == 0


def test_once_it_is_over_the_request_names_no_address(vera):
    report_link()
    assert SubjectRequest.objects.get().email == ""


def test_every_access_is_written_down(vera):
    link = report_link()
    Client().get(link)
    fetched(Client(), f"{link}download/")
    number = SubjectRequest.objects.get().number
    details = [event.detail for event in AuditEvent.objects.filter(kind="report.taken").order_by("pk")]
    assert details == [{"number": number, "page": True}, {"number": number, "first_byte": 0}]


def test_after_seven_days_the_link_leads_nowhere(vera):
    link = report_link()
    ReportFile.objects.update(valid_until=timezone.now())
    assert [Client().get(path).status_code for path in (link, f"{link}download/")] == [404, 404]


@pytest.mark.parametrize("token", ["x", "0" * 32, "é", "a" * 300])
def test_a_made_up_link_leads_nowhere(vera, token):
    report_link()
    for path in (f"report/{token}/", f"report/{token}/download/", f"proof/{token}/"):
        assert Client().get(f"{ASK}{path}").status_code == 404


def test_no_cookie_is_set(vera):
    link = report_link()
    client = Client()
    for path in (ASK, link):
        client.get(path)
    ask("nobody@example.com", client)
    assert not client.cookies


def test_another_site_cannot_ask_in_a_visitors_name(vera):
    answer = Client().post(ASK, {"email": VERA, "kind": "report"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert not SubjectRequest.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"email": ""}, {"email": "x"}, {"email": '"a b"@example.com'}, {"kind": "nonsense"}, {"email": "a" * 300 + "@example.com"}]
)
def test_what_is_no_question_is_asked_again(fields):
    answer = Client().post(ASK, {"email": VERA, "kind": "report"} | fields)
    assert answer.status_code == 200
    assert not SubjectRequest.objects.exists()


def test_asking_itself_makes_nobody_a_person_on_file():
    for _time in range(2):
        asked_and_looked_at(VERA)
    assert not OutgoingMail.objects.exists()


def test_the_language_of_the_question_is_that_of_the_report(vera, settings):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    Client().post(ASK, {"email": VERA, "kind": "report"}, headers={"Accept-Language": "de"})
    tasks.look_at_requests()
    Client().post(proof_link())
    tasks.make_due_reports()
    report = fetched(Client(), link_in(mail_to(VERA), "/privacy/your-data/report/") + "download/")
    assert report.data["language"] == "de"
    assert '<html lang="de">' in report.pages()["index.html"]
