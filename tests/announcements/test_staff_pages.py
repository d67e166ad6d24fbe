"""What staff see and do: files of subscribers, what came back, and why an address gets nothing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Suppression
from accounts.models.suppression import SuppressionReason, digest_of
from announcements.models import Mailbox, SubscriberFile, Subscription
from announcements.tasks import import_subscribers
from audit.models import AuditEvent
from tests.announcements.bounced import announcement, comes_back, delivered
from tests.announcements.group import PAGE, csv_of, group, line, upload
from tests.pages import words_of
from tests.staff import open_record, staff_log_in

pytestmark = pytest.mark.django_db
SUPPRESSIONS = "/staff/accounts/suppression/"


@pytest.fixture
def staff(ada) -> Client:
    return staff_log_in(ada)


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return words_of(response.content.decode())


def test_a_file_is_uploaded_looked_through_shown_and_imported(staff, ada):
    response = upload(staff, csv_of([line("zoe@example.com"), line("zoe"), line("yan@example.com")]))
    row = SubscriberFile.objects.get()
    assert response["Location"] == f"{PAGE}{row.pk}/change/"
    assert "nothing is imported yet" in page(staff, response["Location"])
    assert staff.get(f"{PAGE}{row.pk}/progress/").json() == {"made": 0, "size": 3, "making": True}
    import_subscribers()
    shown = page(staff, response["Location"])
    assert "zoe@example.com en" not in shown
    assert "zoe@example.com trade fair fair-2025" in shown
    assert "3: Its e-mail address is none that mail can go to." in shown
    assert "Import 2 new subscribers" in shown
    assert not Subscription.objects.exists()
    staff.post(f"{PAGE}{row.pk}/import/")
    import_subscribers()
    assert [email for email, _state, _basis in group()] == ["yan@example.com", "zoe@example.com"]
    shown = page(staff, response["Location"])
    assert "imported" in shown
    assert "zoe@example.com" not in shown, "no line of the file is left"
    event = AuditEvent.objects.get(kind="subscribers.imported")
    assert (event.actor, event.detail) == (ada, {"file": row.pk, "added": 2})
    row.refresh_from_db()
    assert row.uploaded_by == ada


def test_what_was_imported_is_not_imported_again_and_a_discarded_file_never(staff):
    upload(staff, csv_of([line("zoe@example.com")]))
    row = SubscriberFile.objects.get()
    import_subscribers()
    staff.post(f"{PAGE}{row.pk}/discard/")
    staff.post(f"{PAGE}{row.pk}/import/")
    import_subscribers()
    row.refresh_from_db()
    assert (row.state, row.pieces.count(), Subscription.objects.count()) == ("discarded", 0, 0)
    assert not AuditEvent.objects.filter(kind="subscribers.imported").exists()


def test_a_file_that_cannot_be_read_is_told_and_not_kept(staff):
    for content, why in [(b"a,b\n1,2\n", "does not name these columns"), ("ä".encode("latin-1"), "UTF-8"), (b"", "file is empty")]:
        assert why in words_of(upload(staff, content).content.decode())
    assert not SubscriberFile.objects.exists()


def test_support_brings_nobody_in_and_out(sam):
    client = staff_log_in(sam)
    assert upload(client, csv_of([line("zoe@example.com")])).status_code == 403
    assert client.post(f"{PAGE}export/").status_code == 403
    row = SubscriberFile.objects.create(name="x", state="checked")
    assert {client.post(f"{PAGE}{row.pk}/{what}/").status_code for what in ("import", "discard")} == {403}


def test_an_address_is_found_and_its_page_says_why_nothing_goes_there(staff, alice):
    comes_back("postfix", delivered("alice@example.com"))
    mailbox = Mailbox.objects.get()
    shown = page(staff, f"/staff/announcements/mailbox/{mailbox.pk}/change/")
    assert "the mailbox does not exist 5.1.1 550 5.1.1 <…>: Recipient address rejected" in shown
    assert "(Notebook 2.0)" in shown
    assert "Alice@example.com" in page(staff, "/staff/announcements/mailbox/?q=ALICE@example.com") or "alice@example.com" in shown
    assert "1 suppressed address" in page(staff, f"{SUPPRESSIONS}?q=Alice@Example.com")
    assert "0 suppressed addresses" in page(staff, f"{SUPPRESSIONS}?q=bob@example.org")
    assert "0 suppressed addresses" in page(staff, f"{SUPPRESSIONS}?q=alice")
    assert "1 bounce or complaint" in page(staff, "/staff/announcements/bounce/?q=alice@example.com")


def test_support_sees_what_came_back_of_open_records_alone(sam, alice, bob):
    told = announcement()
    for user in (alice, bob):
        comes_back("full", delivered(user.email, told))
        Mailbox.objects.filter(email_key=user.email_key).update(user=user)
    client = open_record(staff_log_in(sam), alice)
    shown = page(client, "/staff/announcements/bounce/")
    assert "1 bounce or complaint" in shown
    assert "bob@" not in shown


def test_a_mailbox_that_exists_again_is_readmitted_with_a_reason(staff, ada):
    comes_back("postfix", delivered("zoe@example.com"))
    row = Suppression.objects.get()
    Mailbox.objects.update(soft_bounces=4)
    assert "a mail server said" in page(staff, f"{SUPPRESSIONS}{row.pk}/lift/").lower()
    staff.post(f"{SUPPRESSIONS}{row.pk}/lift/", {"reason": ""})
    assert Suppression.objects.exists(), "without a reason nothing happens"
    staff.post(f"{SUPPRESSIONS}{row.pk}/lift/", {"reason": "she called: the server was misconfigured"})
    assert not Suppression.objects.exists()
    assert Mailbox.objects.get().soft_bounces == 0
    event = AuditEvent.objects.get(kind="address.readmitted")
    assert (event.actor, event.detail["reason"]) == (ada, "she called: the server was misconfigured")


@pytest.mark.parametrize("reason", [SuppressionReason.REFUSED, SuppressionReason.COMPLAINED])
def test_what_the_person_wants_is_lifted_by_nobody_here(staff, reason):
    Suppression.objects.suppress(digest_of("zoe@example.com"), reason)
    row = Suppression.objects.get()
    assert "Lift" not in page(staff, f"{SUPPRESSIONS}{row.pk}/change/")
    staff.post(f"{SUPPRESSIONS}{row.pk}/lift/", {"reason": "I know better"})
    assert Suppression.objects.exists()
    assert not AuditEvent.objects.filter(kind="address.readmitted").exists()


@pytest.mark.parametrize("path", [SUPPRESSIONS, PAGE, "/staff/announcements/bounce/", "/staff/announcements/mailbox/"])
def test_lists_ask_no_more_for_more_rows(staff, path, django_assert_max_num_queries):
    def fill(first: int) -> None:
        for number in range(first, first + 5):
            comes_back("postfix", delivered(f"u{number}@example.com", announcement(f"told-{number}")))
            SubscriberFile.objects.create(name=f"{number}.csv", state="done")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            staff.get(path)
        return len(seen)

    fill(0)
    queries()
    few = queries()
    fill(5)
    assert queries() == few
