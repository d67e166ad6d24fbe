"""What staff decide about a finding, each with a reason; and who may."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.holds import place
from accounts.models import Hold, MisuseFinding
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.accounts.detecting import far
from tests.accounts.queue import QUEUE, page_of, queue
from tests.accounts.sharers import days_ago, guessed_at, swept
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import open_record, staff_log_in

pytestmark = pytest.mark.django_db


# The decisions


def test_put_on_hold(staff, finding, alice, ada):
    path = f"{QUEUE}{finding.pk}/hold/"
    customer = log_in(alice)
    form = page_of(staff, path)
    assert "We have seen that your account was used as if several people shared its password" in form
    assert "noticed by itself" not in form
    assert Hold.objects.count() == 0, "a look at the form does nothing"
    expires = (timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)
    values = {"reason": "seven strangers", "text": "Please write to us.", "expires_at": f"{expires:%Y-%m-%dT%H:%M}"}
    assert staff.post(path, values)["Location"] == f"{QUEUE}{finding.pk}/change/"
    hold = Hold.objects.get()
    assert (hold.user, hold.placed_by, hold.reason, hold.text, hold.expires_at) == (
        alice,
        ada,
        "seven strangers",
        "Please write to us.",
        expires,
    )
    assert {one["finding"] for one in hold.evidence} == set(MisuseFinding.objects.values_list("pk", flat=True))
    assert set(MisuseFinding.objects.values_list("state", "decided_by", "decision")) == {("held", ada.pk, "seven strangers")}
    assert customer.get("/resources/").status_code == 302
    assert "Please write to us." in OutgoingMail.objects.get(cause=f"hold-placed:{hold.pk}").text
    assert AuditEvent.objects.get(kind="hold.placed").actor == ada
    assert "The account is on hold" in page_of(staff, f"{QUEUE}{finding.pk}/change/")
    assert queue(staff) == []


def test_dismiss(staff, finding, alice, ada):
    path = f"{QUEUE}{finding.pk}/dismiss/"
    staff.get(path)
    assert MisuseFinding.objects.get(pk=finding.pk).state == "open"
    assert staff.post(path, {"reason": "a stand at a fair"})["Location"] == f"{QUEUE}{finding.pk}/change/"
    finding.refresh_from_db()
    assert (finding.state, finding.decided_by, finding.decision) == ("dismissed", ada, "a stand at a fair")
    event = AuditEvent.objects.get(kind="misuse.dismissed")
    assert (event.user, event.actor, event.detail) == (alice, ada, {"finding": finding.pk, "detector": "many_browsers"})
    assert not Hold.objects.exists()
    assert "a stand at a fair" in page_of(staff, f"{QUEUE}{finding.pk}/change/")


@pytest.mark.parametrize(
    ("page", "values", "said"),
    [
        ("dismiss", {"reason": "  "}, "This field is required"),
        ("dismiss", {"reason": "x" * 4001}, "4001 characters"),
        ("hold", {"reason": "", "text": "…"}, "This field is required"),
        ("hold", {"reason": "…", "text": ""}, "This field is required"),
        ("hold", {"reason": "…", "text": "…", "expires_at": "2001-01-01T10:00"}, "This time is over already"),
        ("hold", {"reason": "…", "text": "…", "expires_at": "soon"}, "Enter a valid date/time"),
        ("hold", {"reason": "…", "text": "x" * 4001}, "4001 characters"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_done(staff, finding, page, values, said):
    response = staff.post(f"{QUEUE}{finding.pk}/{page}/", values)
    assert response.status_code == 200
    assert said in words_of(response.content.decode())
    finding.refresh_from_db()
    assert finding.state == "open"
    assert not Hold.objects.exists()


def test_an_account_that_is_on_hold_already_is_said_to_be(staff, finding, alice, ada):
    place(alice, reason="…", text="…", by=ada)
    response = staff.post(f"{QUEUE}{finding.pk}/hold/", {"reason": "…", "text": "…"})
    assert "This account is on hold already" in words_of(response.content.decode())
    finding.refresh_from_db()
    assert finding.state == "open"


@pytest.mark.parametrize("page", ["dismiss", "hold"])
def test_nobody_decides_about_signs_of_their_own(staff, ada, page):
    own = MisuseFinding.objects.create(
        user=ada, detector="many_browsers", score=60, explanation="…", first_at=days_ago(2), last_at=days_ago(1)
    )
    response = staff.post(f"{QUEUE}{own.pk}/{page}/", {"reason": "…", "text": "…"})
    assert "Nobody decides about themselves" in words_of(response.content.decode())
    own.refresh_from_db()
    assert own.state == "open"
    assert not Hold.objects.exists()


def test_of_two_who_decide_one_comes_too_late(staff, finding, alice, monkeypatch):
    """The other decides while the form is being checked."""
    assert staff.post(f"{QUEUE}{finding.pk}/dismiss/", {"reason": "first"}).status_code == 302
    assert staff.post(f"{QUEUE}{finding.pk}/dismiss/", {"reason": "second"}).status_code == 404
    monkeypatch.setattr("accounts.admin.findings.MisuseFindingAdmin.open_finding", lambda *args, **options: finding)
    response = staff.post(f"{QUEUE}{finding.pk}/hold/", {"reason": "second", "text": "…"})
    assert "Somebody else has decided this finding meanwhile" in words_of(response.content.decode())
    assert MisuseFinding.objects.get(pk=finding.pk).decision == "first"
    assert not Hold.objects.exists()


def test_a_network_is_dismissed_and_never_put_on_hold(staff, ada):
    guessed_at(None, 20)
    swept()
    finding = MisuseFinding.objects.get()
    text = page_of(staff, f"{QUEUE}{finding.pk}/change/")
    assert far(99) in text
    assert "Put on hold" not in text
    assert "What the account did" not in text
    assert staff.get(f"{QUEUE}{finding.pk}/hold/").status_code == 404
    assert staff.post(f"{QUEUE}{finding.pk}/hold/", {"reason": "…", "text": "…"}).status_code == 404
    assert staff.post(f"{QUEUE}{finding.pk}/dismiss/", {"reason": "ours"}).status_code == 302


# Who may


def decide(client: Client, finding: MisuseFinding) -> list[int]:
    """What both decisions answer, on GET and on POST."""
    paths = [f"{QUEUE}{finding.pk}/{page}/" for page in ("hold", "dismiss")]
    values = {"reason": "…", "text": "…"}
    return [answer.status_code for path in paths for answer in (client.get(path), client.post(path, values))]


def test_support_sees_and_decides_nothing(finding, sam):
    client = staff_log_in(sam)
    assert client.get(QUEUE).status_code == 403
    assert client.get(f"{QUEUE}{finding.pk}/change/").status_code == 404
    assert decide(client, finding) == [403] * 4


def test_who_may_only_look_decides_nothing(finding, sam, alice):
    sam.user_permissions.add(Permission.objects.get(codename="view_misusefinding"))
    client = open_record(staff_log_in(sam), alice)
    text = page_of(client, f"{QUEUE}{finding.pk}/change/")
    assert "Put on hold" not in text
    assert "Dismiss" not in text
    assert decide(client, finding) == [403] * 4


def test_the_permission_is_what_counts_not_being_a_superuser(finding, sam, alice):
    for name in ("view_misusefinding", "change_misusefinding"):
        sam.user_permissions.add(Permission.objects.get(codename=name))
    client = open_record(staff_log_in(sam), alice)
    assert "Put on hold" in page_of(client, f"{QUEUE}{finding.pk}/change/")
    assert client.post(f"{QUEUE}{finding.pk}/hold/", {"reason": "…", "text": "…"}).status_code == 302
    assert Hold.objects.get().placed_by == sam


def test_strangers_and_customers_are_led_to_the_log_in(finding, alice):
    for client in (Client(), log_in(alice)):
        assert client.get(QUEUE).status_code == 302
        assert decide(client, finding) == [302] * 4
    assert not Hold.objects.exists()


def test_a_form_from_another_site_does_nothing(finding, ada):
    client = staff_log_in(ada, Client())
    client.handler.enforce_csrf_checks = True
    assert client.post(f"{QUEUE}{finding.pk}/dismiss/", {"reason": "…"}).status_code == 403


@pytest.mark.parametrize("number", ["0", "999999", "9" * 30])
@pytest.mark.parametrize("page", ["hold", "dismiss"])
def test_a_number_that_no_finding_has_is_not_found(staff, number, page):
    assert staff.get(f"{QUEUE}{number}/{page}/").status_code == 404


def test_a_report_of_a_customer_proposes_its_own_words(staff, alice):
    here = log_in(alice)
    log_in(alice)
    here.post(f"/resources/activity/sessions/{alice.login_sessions.latest('pk').pk}/report/")
    reported = MisuseFinding.objects.get()
    page = page_of(staff, f"{QUEUE}{reported.pk}/change/")
    assert "what the customer reported" in page
    form = page_of(staff, f"{QUEUE}{reported.pk}/hold/")
    assert "told us that a log-in or a download there was not theirs" in form
    assert "several people shared" not in form
