"""The queue of findings, the page of one, and the two decisions: for administration alone."""

import re
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.holds import lift, place
from accounts.models import Hold, MisuseFinding
from audit.models import AuditEvent
from mailroom.models import OutgoingMail
from tests.accounts.detecting import far
from tests.accounts.sharers import days_ago, guessed_at, happened, logged_in, shared, swept
from tests.customer import log_in
from tests.pages import words_of
from tests.staff import open_record, staff_log_in

pytestmark = pytest.mark.django_db
QUEUE = "/staff/accounts/misusefinding/"


def found(user, detector: str, score: int, network: str = "", **values: object) -> MisuseFinding:
    values = {"explanation": f"{detector} of {score}", "first_at": days_ago(2), "last_at": days_ago(1)} | values
    return MisuseFinding.objects.create(detector=detector, user=user, network=network, score=score, **values)


@pytest.fixture
def finding(alice) -> MisuseFinding:
    """Alice's shared log-on, found by the sweep itself."""
    shared(alice, 7)
    swept()
    return MisuseFinding.objects.get(detector="many_browsers")


@pytest.fixture
def staff(ada) -> Client:
    return staff_log_in(ada)


def page_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return words_of(response.content.decode())


def rows_of(html: str) -> list[str]:
    body = re.search(r"<tbody>(.*?)</tbody>", html.partition('id="result_list"')[2], re.DOTALL)
    return [words_of(row) for row in re.findall(r"<tr>.*?</tr>", body[1], re.DOTALL)] if body else []


def queue(client: Client, **filters: str) -> list[str]:
    return rows_of(client.get(QUEUE, filters).content.decode())


# The queue


def test_the_queue_has_what_is_strong_enough_the_strongest_account_first(staff, alice, bob, mallory):
    found(alice, "many_networks", 20)
    found(None, "guessing_network", 60, network="203.0.113.9")
    found(mallory, "download_burst", 20)
    found(alice, "allowance_churn", 30, last_at=days_ago(5))
    found(bob, "guessing_account", 40, last_at=days_ago(0))
    rows = queue(staff)
    assert [row.split()[0] for row in rows] == ["203.0.113.9", "Alice@example.com", "Alice@example.com", "bob@example.org"]
    assert "50 allowance used up again and again" in rows[1]
    assert "50 many networks" in rows[2]
    assert "40 guessing at one account" in rows[3]
    assert "mallory" not in str(rows)
    assert "mallory" in str(queue(staff, what="open"))


def test_what_is_decided_leaves_the_queue_and_can_be_found(staff, alice, bob, ada):
    found(alice, "many_browsers", 60, state="dismissed", decided_at=days_ago(0), decided_by=ada)
    found(bob, "many_browsers", 60)
    assert [row.split()[0] for row in queue(staff)] == ["bob@example.org"]
    assert [row.split()[0] for row in queue(staff, what="decided")] == ["Alice@example.com"]
    assert len(queue(staff, what="all")) == 2
    assert len(queue(staff, what="all", detector="guessing_account")) == 0
    assert len(queue(staff, what="all", q="ALICE@example.com")) == 1
    assert len(queue(staff, what="nonsense")) == 1


def test_automatic_holds_that_nobody_has_looked_at_are_one_click_away(staff, alice, bob, ada):
    shared(alice, 12)
    swept()
    assert {row.split()[0] for row in queue(staff, what="held")} == {"Alice@example.com"}
    place(bob, reason="…", text="…", by=ada)
    found(bob, "many_browsers", 60, state="held", decided_by=ada)
    assert {row.split()[0] for row in queue(staff, what="held")} == {"Alice@example.com"}
    lift(Hold.objects.get(user=alice), by=ada, reason="explained")
    assert queue(staff, what="held") == []


def test_a_flood_of_networks_does_not_stop_the_queue(staff, alice):
    """An IPv6 network has 65,536 networks to guess from; the cost of the list grows with their number, and not with its square."""

    def seconds() -> float:
        began = time.monotonic()
        assert "Alice@example.com" in staff.get(QUEUE).content.decode()
        return time.monotonic() - began

    found(alice, "many_browsers", 100)
    flood = [f"2001:db8:{number:x}::/64" for number in range(8_000)]
    values = {"detector": "guessing_network", "score": 60, "explanation": "…", "first_at": days_ago(2), "last_at": days_ago(1)}
    MisuseFinding.objects.bulk_create([MisuseFinding(network=network, **values) for network in flood])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert seconds() < 3, "it was 30, and 45 at 10,000"


def test_an_empty_queue_says_so(staff):
    assert "0 signs of misuse" in page_of(staff, QUEUE)


# The page of a finding


def test_the_page_says_what_was_seen(staff, finding, alice):
    text = page_of(staff, f"{QUEUE}{finding.pk}/change/")
    assert "Within 30 days, 7 kinds of browser that were new to the account logged in from 7 networks far apart." in text
    assert "kinds of browser 7" in text
    assert "the networks, most frequent first 20.0.0.0/16, 20.1.0.0/16" in text
    assert "Safari on Mac OS X" in text
    assert "many networks" in text or "Within 24 hours, browsers that were new" in text
    assert 'name="_save"' not in staff.get(f"{QUEUE}{finding.pk}/change/").content.decode()


def test_the_page_shows_the_accounts_time_as_a_picture(staff, finding, alice):
    happened("download.taken", 60 * 24 * 3, alice, far(1), file="a.zip")
    happened("login.failed", 60 * 24 * 4, alice, far(2))
    happened("login.failed", 60 * 24 * 100, alice, far(2))
    html = staff.get(f"{QUEUE}{finding.pk}/change/").content.decode()
    assert html.count("<circle") == 9, "seven log-ins, a download, and a failure; what is older than 90 days is not shown"
    assert "20.1.0.0/16, Firefox on Windows" in html
    assert "20.1.0.0/16, downloads" in html
    assert "failed attempts" in html


def test_many_networks_are_drawn_together(staff, finding, alice):
    for number in range(40):
        logged_in(alice, number, 100 + number)
    html = staff.get(f"{QUEUE}{finding.pk}/change/").content.decode()
    assert "elsewhere" in html
    assert len(set(re.findall(r"color-(\d+)", html))) == 9  # and no failures


def test_the_page_obeys_the_strict_policy(staff, finding):
    for path in (QUEUE, f"{QUEUE}{finding.pk}/change/", f"{QUEUE}{finding.pk}/hold/", f"{QUEUE}{finding.pk}/dismiss/"):
        html = staff.get(path).content.decode()
        assert "<style" not in html
        assert not re.search(r"\sstyle=", html)
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", html)


def test_the_page_shows_other_signs_and_holds_of_the_account(staff, finding, alice, ada):
    place(alice, reason="a quarrel about a refund", text="…", by=ada)
    text = page_of(staff, f"{QUEUE}{finding.pk}/change/")
    assert "a quarrel about a refund" in text
    assert "Within 24 hours, browsers that were new to the account" in text


def test_what_others_have_typed_is_only_text(staff, alice):
    finding = found(alice, "many_browsers", 60, explanation="<script>alert(1)</script>", evidence={"listed_browsers": ["<b>x</b>"]})
    happened("login.succeeded", 10, alice, far(1), device="<script>alert(2)</script>", known=True)
    html = staff.get(f"{QUEUE}{finding.pk}/change/").content.decode()
    assert "<script>alert" not in html
    assert "<b>x" not in html


def test_a_finding_of_a_detector_that_is_gone_is_shown_all_the_same(staff, alice):
    finding = found(alice, "phrenology", 60, evidence={"bumps": 3})
    assert "phrenology" in page_of(staff, f"{QUEUE}{finding.pk}/change/")
    assert "phrenology" in str(queue(staff))


def test_the_pages_cost_the_same_however_much_there_is(staff, finding, alice, bob):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            staff.get(path)
        return len(captured)

    paths = [QUEUE, f"{QUEUE}{finding.pk}/change/"]
    assert [staff.get(path).status_code for path in paths] == [200, 200], "the first look at a customer is recorded"
    few = [queries(path) for path in paths]
    for number in range(30):
        logged_in(alice, number, number)
        found(alice, "many_browsers", 60, state="dismissed", decided_at=days_ago(number))
        found(None, "guessing_network", 60, network=f"203.0.113.{number}")
    assert [queries(path) for path in paths] == few
    assert few[0] <= 12
    assert few[1] <= 12


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
        ("dismiss", {"reason": "x" * 1001}, "at most 1000 characters"),
        ("hold", {"reason": "", "text": "…"}, "This field is required"),
        ("hold", {"reason": "…", "text": ""}, "This field is required"),
        ("hold", {"reason": "…", "text": "…", "expires_at": "2001-01-01T10:00"}, "This time is over already"),
        ("hold", {"reason": "…", "text": "…", "expires_at": "soon"}, "Enter a valid date/time"),
        ("hold", {"reason": "…", "text": "x" * 4001}, "at most 4000 characters"),
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
    own = found(ada, "many_browsers", 60)
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
