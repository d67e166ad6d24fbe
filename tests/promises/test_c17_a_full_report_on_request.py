"""C17: on request, and after proof of identity, a person gets a full report of all that is recorded about them: through real requests, mail and file alone."""

import re

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from announcements.models import Mailbox, Subscription
from audit.models import AuditEvent
from mailroom.tasks import send_due_mails
from privacy.registry import registry
from rights import tasks
from tests import cast
from tests.activity import FIREFOX, browser
from tests.customer import log_in
from tests.pages import words_of
from tests.rights.reports import Report, fetched
from tests.staff import open_record, staff_log_in

pytestmark = pytest.mark.django_db
YOUR_DATA = "/resources/your-data/"


@pytest.fixture(autouse=True)
def real_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.TRUSTED_PROXIES = ["127.0.0.1"]


def work() -> None:
    """What the sweeps do within seconds."""
    tasks.look_at_requests()
    tasks.make_due_reports()
    send_due_mails()


def mailed_link(address: str, begins: str) -> str:
    text = next(str(one.body) for one in reversed(mail.outbox) if one.to == [address])
    found = re.search(rf"http://localhost:\d+({begins}\S*)", text)
    assert found, text
    return found[1]


def report_of(client: Client, address: str) -> Report:
    """Asked for on the page, made, mailed, fetched."""
    page = client.post(f"{YOUR_DATA}report/")["Location"]
    work()
    assert mailed_link(address, YOUR_DATA) == YOUR_DATA
    assert f'href="{page}download/"' in client.get(YOUR_DATA).content.decode()
    return fetched(client, f"{page}download/")


def test_c17_alice_asks_is_mailed_and_finds_all_that_she_did_in_the_zip(alice, alices, notebook_file, sam):
    client = log_in(alice, browser("203.0.113.1", FIREFOX))
    client.post(f"/resources/downloads/{alices.pk}/", {"file": notebook_file.pk})
    client.post("/resources/feedback/", {"text": "Print in landscape, please.", "product": "", "form_number": "1"})
    sent = {"subject": "It does not print", "text": "The printer stays silent.", "product": "", "form_number": "2"}
    client.post("/resources/support/new/", sent | {"attachments": incoming_upload()})
    open_record(staff_log_in(sam), alice)
    report = report_of(client, alice.email)
    book = words_of("".join(report.pages().values()))
    for told in (
        *("Alice Archer", "12 Quay Street", "Alice@example.com", "203.0.113.1", "notebook-1.0.zip", alices.unlock_codes.get().code),
        *("Print in landscape, please.", "The printer stays silent.", "case 4711: a broken download"),
        *("to send you unlock codes and give you your downloads", "one year", "What is left out, and why"),
    ):
        assert told in book, told
    assert b"all is lost\n" * 10 in report.parts.values()
    assert report.data["person"]["addresses"] == ["Alice@example.com"]
    assert {kind["model"] for kind in report.data["records"]} == {label for label, one in registry.models.items() if one.personal}
    assert AuditEvent.objects.filter(kind__in=["report.asked", "report.made", "report.taken", "cases.reported"]).count() == 4


def incoming_upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("log.txt", b"all is lost\n" * 10)


def test_c17_what_is_bobs_is_in_bobs_report_alone(alice, alices, bob, bobs):
    hers, his = (report_of(log_in(user), user.email) for user in (alice, bob))
    for words in ("Bob Baker", "bob@example.org", bobs.unlock_codes.get().code, "Leeds"):
        assert words not in hers.text
        assert words in his.text
    assert alices.unlock_codes.get().code not in his.text


def test_c17_without_proof_of_identity_there_is_none(alice, mallory):
    page = log_in(alice).post(f"{YOUR_DATA}report/")["Location"]
    work()
    for client, statuses in ((Client(), {302}), (log_in(mallory), {404})):
        assert {client.get(path).status_code for path in (page, f"{page}download/")} == statuses
    assert AuditEvent.objects.filter(kind="report.taken").count() == 0


def test_c17_whoever_has_no_account_asks_by_the_address_and_proves_the_mailbox():
    Subscription.objects.create(email="vera@example.net", email_key="vera@example.net", state="confirmed", ip="198.51.100.7")
    Mailbox.objects.at("vera@example.net")
    assert Client().post("/privacy/your-data/", {"email": "vera@example.net", "kind": "report"}).status_code == 200
    work()
    Client().post(mailed_link("vera@example.net", "/privacy/your-data/proof/"))
    work()
    report = fetched(Client(), mailed_link("vera@example.net", "/privacy/your-data/report/") + "download/")
    assert "198.51.100.7" in report.text


def test_c17_staff_open_it_for_a_person_who_asked_by_letter_and_never_see_it(sam):
    Subscription.objects.create(email="vera@example.net", email_key="vera@example.net", state="confirmed")
    staff = staff_log_in(sam)
    told = {"email": "vera@example.net", "kind": "report", "reason": "by letter of 3 May"}
    assert staff.post("/staff/rights/subjectrequest/add/", told).status_code == 302
    work()
    Client().post(mailed_link("vera@example.net", "/privacy/your-data/proof/"))
    work()
    link = mailed_link("vera@example.net", "/privacy/your-data/report/")
    assert all(link not in str(one.body) for one in mail.outbox if one.to != ["vera@example.net"])
    assert fetched(Client(), f"{link}download/").rows("rights.SubjectRequest")[0]["reason"] == "by letter of 3 May"


def test_c17_the_policy_and_the_running_site_say_so(alice):
    assert "the report of all that we hold about you" in words_of(Client().get("/privacy/resources/").content.decode())
    call_command("check")
    assert cast.PASSWORD not in report_of(log_in(alice), alice.email).text
